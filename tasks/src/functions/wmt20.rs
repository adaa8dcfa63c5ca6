//! WMT20's sentence pairs.

use serde_json::Value;

use super::FunctionError;
use super::error::column;
use crate::doc::Doc;
use crate::python::literal::literal_eval;

/// Puts the texts of the column `translation`, a mapping or the Python
/// literal of one, into columns of their own, without white space at their
/// ends (`swallow/wmt20.py` of swallow-evaluation-instruct).
pub(super) fn process_docs(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    for doc in &mut docs {
        let Value::Object(texts) = translation(doc)? else {
            return Err(FunctionError::new(doc, "column `translation` must be a mapping of texts"));
        };
        for (language, text) in texts {
            let text = text.as_str().unwrap_or_default().trim_end();
            doc.fields.insert(language, text.into());
        }
    }
    Ok(docs)
}

fn translation(doc: &Doc) -> Result<Value, FunctionError> {
    let value = column(doc, "translation")?;
    Ok(value.as_str().and_then(literal_eval).unwrap_or_else(|| value.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mappings_and_literals_are_taken() {
        for translation in [json!({"en": "a ", "ja": "一"}), json!("{'en': 'a ', 'ja': '一'}")] {
            let fields = json!({"translation": translation}).as_object().unwrap().clone();
            let docs = process_docs(vec![Doc::new(0, fields)]).unwrap();
            assert_eq!((docs[0].text("en"), docs[0].text("ja")), (Some("a"), Some("一")));
        }
        let fields = json!({"translation": 1}).as_object().unwrap().clone();
        assert!(process_docs(vec![Doc::new(0, fields)]).is_err());
    }
}
