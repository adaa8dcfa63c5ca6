//! HellaSwag's contexts and endings.

use std::sync::LazyLock;

use regex::Regex;

use super::FunctionError;
use super::error::{column, text};
use crate::doc::Doc;
use crate::python::text::{capitalize, strip};

/// Marks that the WikiHow part of the set carries.
static BRACKETS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[.*?\]").expect("the pattern is a constant"));

/// Adds `query`, `choices` and `gold`
/// (`tasks/hellaswag/utils.py` of lm-evaluation-harness).
pub(super) fn process_docs(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    for doc in &mut docs {
        let (query, choices, gold) = (query(doc)?, choices(doc)?, gold(doc)?);
        doc.fields.insert("query".to_owned(), query.into());
        doc.fields.insert("choices".to_owned(), choices.into());
        doc.fields.insert("gold".to_owned(), gold.into());
    }
    Ok(docs)
}

fn query(doc: &Doc) -> Result<String, FunctionError> {
    let (label, start) = (text(doc, "activity_label")?, text(doc, "ctx_a")?);
    let end = capitalize(text(doc, "ctx_b")?);
    Ok(clean(&format!("{label}: {start} {end}")))
}

fn choices(doc: &Doc) -> Result<Vec<String>, FunctionError> {
    let endings = column(doc, "endings")?.as_array();
    let endings = endings.map(|items| items.iter().map(|item| item.as_str().map(clean)).collect());
    endings
        .flatten()
        .ok_or_else(|| FunctionError::new(doc, "column `endings` must be a list of texts"))
}

fn gold(doc: &Doc) -> Result<i64, FunctionError> {
    let label = column(doc, "label")?;
    let number =
        label.as_i64().or_else(|| label.as_str().and_then(|text| text.trim().parse().ok()));
    number.ok_or_else(|| {
        FunctionError::new(doc, format!("column `label` must be a number, but is {label}"))
    })
}

fn clean(text: &str) -> String {
    let text = strip(text).replace(" [title]", ". ");
    BRACKETS.replace_all(&text, "").replace("  ", " ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn marks_and_double_spaces_go() {
        let row = json!({
            "activity_label": "Baking",
            "ctx_a": "How to bake [title] Mix [substeps] well.",
            "ctx_b": "then SHE",
            "endings": [" eats [step] it. ", "b", "c", "d"],
            "label": "2",
        });
        let docs = process_docs(vec![Doc::new(0, row.as_object().unwrap().clone())]).unwrap();
        assert_eq!(docs[0].get("query"), Some(&json!("Baking: How to bake. Mix well. Then she")));
        assert_eq!(docs[0].get("choices"), Some(&json!(["eats it.", "b", "c", "d"])));
        assert_eq!(docs[0].get("gold"), Some(&Value::from(2)));
    }
}
