//! Natural language inference.

use crate::doc::Doc;
use crate::functions::FunctionError;
use crate::functions::error::text;

const LABELS: [&str; 3] = ["entailment", "neutral", "contradiction"];

/// Adds `label`: the test set's own `hebrew_label`, else `original_label`,
/// in lower case (its capitals are not consistent). Rows whose annotators
/// did not agree (`-`) are left out.
pub(in crate::functions) fn nli(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut kept = Vec::with_capacity(docs.len());
    for mut doc in docs {
        let column = if doc.get("hebrew_label").is_some_and(|label| !label.is_null()) {
            "hebrew_label"
        } else {
            "original_label"
        };
        let label = text(&doc, column)?.trim().to_lowercase();
        if label == "-" {
            continue;
        }
        if !LABELS.contains(&label.as_str()) {
            let reason =
                format!("column `{column}` must be one of {}, but is `{label}`", LABELS.join(", "));
            return Err(FunctionError::new(&doc, reason));
        }
        doc.fields.insert("label".to_owned(), label.into());
        kept.push(doc);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn labels(rows: &[Value]) -> Result<Vec<Value>, FunctionError> {
        let docs = rows.iter().map(|row| Doc::new(0, row.as_object().unwrap().clone()));
        Ok(nli(docs.collect())?.iter().map(|doc| doc.fields["label"].clone()).collect())
    }

    #[test]
    fn the_test_sets_own_label_wins() {
        let rows = [
            json!({"original_label": "neutral", "hebrew_label": "entailment"}),
            json!({"original_label": "Contradiction"}),
            json!({"original_label": "-"}),
            json!({"original_label": "neutral", "hebrew_label": null}),
        ];
        assert_eq!(labels(&rows).unwrap(), ["entailment", "contradiction", "neutral"]);
    }

    #[test]
    fn an_unknown_label_is_an_error() {
        let error = labels(&[json!({"original_label": "maybe"})]).unwrap_err();
        assert!(error.reason.contains("but is `maybe`"), "{error}");
    }
}
