//! The Japanese leaderboard of lm-evaluation-harness
//! (`tasks/japanese_leaderboard`).

use serde_json::Value;

use super::FunctionError;
use super::error::{column, text};
use crate::doc::Doc;
use crate::python::text::strip;

/// Gathers `choice0` to `choice4` in a column `choices`
/// (`ja_leaderboard_jcommonsenseqa.py`).
pub(super) fn jcommonsenseqa(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    for doc in &mut docs {
        let choices: Result<Vec<Value>, _> =
            (0..5).map(|at| column(doc, &format!("choice{at}")).cloned()).collect();
        doc.fields.insert("choices".to_owned(), choices?.into());
    }
    Ok(docs)
}

/// Adds `label`, from 0, and `choices`, the two sentences
/// (`ja_leaderboard_xwinograd.py`).
pub(super) fn xwinograd(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    for doc in &mut docs {
        let label = match text(doc, "answer")? {
            "1" => 0,
            "2" => 1,
            other => {
                let reason = format!("column `answer` must be \"1\" or \"2\", but is \"{other}\"");
                return Err(FunctionError::new(doc, reason));
            }
        };
        let choices =
            [strip(text(doc, "sentence1")?), strip(text(doc, "sentence2")?)].map(Value::from);
        doc.fields.insert("label".to_owned(), label.into());
        doc.fields.insert("choices".to_owned(), choices.to_vec().into());
    }
    Ok(docs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn process(
        function: fn(Vec<Doc>) -> Result<Vec<Doc>, FunctionError>,
        row: &Value,
    ) -> Result<Doc, FunctionError> {
        let docs = function(vec![Doc::new(0, row.as_object().unwrap().clone())]);
        docs.map(|mut docs| docs.remove(0))
    }

    #[test]
    fn choices_are_gathered() {
        let row =
            json!({"choice0": "a", "choice1": "b", "choice2": "c", "choice3": "d", "choice4": "e"});
        let doc = process(jcommonsenseqa, &row).unwrap();
        assert_eq!(doc.get("choices"), Some(&json!(["a", "b", "c", "d", "e"])));
        assert!(process(jcommonsenseqa, &json!({"choice0": "a"})).is_err());
    }

    #[test]
    fn sentences_become_choices() {
        let row = json!({"sentence1": " 一。", "sentence2": "二。\n", "answer": "2"});
        let doc = process(xwinograd, &row).unwrap();
        assert_eq!(
            (doc.get("label"), doc.get("choices")),
            (Some(&json!(1)), Some(&json!(["一。", "二。"])))
        );
        assert!(process(xwinograd, &json!({"answer": "3"})).is_err());
    }
}
