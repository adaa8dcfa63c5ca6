//! Winograd schemas whose options stand in the context.
//!
//! As lm-evaluation-harness's `tasks/xwinograd/utils.py`: the sentence is cut
//! at its first `_`; each option completes the first half, and the second
//! half is what is scored.

use serde_json::Value;

use super::FunctionError;
use super::error::text;
use crate::doc::Doc;
use crate::python::text::strip;

/// The position of the right option, which marks a task of several inputs.
pub(super) fn doc_to_text(doc: &Doc) -> Result<Value, FunctionError> {
    match text(doc, "answer")? {
        "1" => Ok(0.into()),
        "2" => Ok(1.into()),
        other => Err(FunctionError::new(
            doc,
            format!("column `answer` must be \"1\" or \"2\", but is \"{other}\""),
        )),
    }
}

/// The second half of the sentence, without white space around it.
pub(super) fn doc_to_target(doc: &Doc) -> Result<Value, FunctionError> {
    let (_, rest) = halves(doc)?;
    Ok(strip(rest).into())
}

/// The first half, completed by each option.
pub(super) fn doc_to_choice(doc: &Doc) -> Result<Value, FunctionError> {
    let (start, _) = halves(doc)?;
    let options = [text(doc, "option1")?, text(doc, "option2")?];
    Ok(options.map(|option| format!("{start}{option}")).to_vec().into())
}

fn halves(doc: &Doc) -> Result<(&str, &str), FunctionError> {
    text(doc, "sentence")?
        .split_once('_')
        .ok_or_else(|| FunctionError::new(doc, "column `sentence` has no `_` where the options go"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn doc(fields: &Value) -> Doc {
        Doc::new(0, fields.as_object().unwrap().clone())
    }

    #[test]
    fn cuts_at_the_first_gap() {
        let doc = doc(
            &json!({"sentence": "犬は猫を見た。_ は_逃げた。", "option1": "犬", "option2": "猫", "answer": "2"}),
        );
        assert_eq!(doc_to_text(&doc).unwrap(), json!(1));
        assert_eq!(doc_to_choice(&doc).unwrap(), json!(["犬は猫を見た。犬", "犬は猫を見た。猫"]));
        assert_eq!(doc_to_target(&doc).unwrap(), json!("は_逃げた。"));
    }

    #[test]
    fn names_what_is_wrong() {
        assert!(doc_to_target(&doc(&json!({"sentence": "x"}))).is_err());
        assert!(doc_to_text(&doc(&json!({"answer": "3"}))).is_err());
        let error = doc_to_text(&doc(&json!({"answer": 1}))).unwrap_err();
        assert!(error.reason.contains("must be text"), "{error}");
    }
}
