//! `extractive_match.english` and `.japanese`: the letter of a free-text answer.

use indexmap::IndexMap;
use serde_json::Value;

use super::super::filters::{LetterLanguage, extract_letter};
use super::super::{AnswerKey, Unscored};
use crate::score::MetricValue;

pub(super) fn english(
    key: &AnswerKey<'_>,
    results: &[Value],
) -> Result<IndexMap<String, MetricValue>, Unscored> {
    acc(key, results, LetterLanguage::English)
}

pub(super) fn japanese(
    key: &AnswerKey<'_>,
    results: &[Value],
) -> Result<IndexMap<String, MetricValue>, Unscored> {
    acc(key, results, LetterLanguage::Japanese)
}

/// `acc`: whether the letter found is the gold choice's. The target is an
/// index into `doc_to_choice`, or the letter itself; without choices there
/// are four.
fn acc(
    key: &AnswerKey<'_>,
    results: &[Value],
    language: LetterLanguage,
) -> Result<IndexMap<String, MetricValue>, Unscored> {
    let response = results.first().and_then(Value::as_str).unwrap_or("");
    let choices = if key.choices.is_some() { key.choice_count() } else { 4 };
    let gold = gold_letter(key)
        .ok_or_else(|| Unscored::new("the target is neither a choice nor a letter"))?;
    let found = extract_letter(response, language, choices)?;
    Ok(IndexMap::from([("acc".to_owned(), MetricValue::right(found == Some(gold)))]))
}

fn gold_letter(key: &AnswerKey<'_>) -> Option<char> {
    let letter = |index: usize| ('A'..='Z').nth(index);
    if let Some(&index) = key.gold().choices.first() {
        return letter(index);
    }
    match &key.target {
        Value::String(text) => {
            text.chars().next().filter(|c| text.len() == 1 && c.is_ascii_uppercase())
        }
        other => letter(usize::try_from(other.as_u64()?).ok()?),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Doc;

    #[test]
    fn gold_is_an_index_or_a_letter() {
        let doc = Doc::new(0, serde_json::Map::new());
        let score = |target: Value, choices: Option<Vec<String>>| {
            let key = AnswerKey { doc: &doc, target, choices, input: None };
            japanese(&key, &[json!("理由。\n回答: B")]).unwrap()["acc"].as_number()
        };
        let three = Some(vec!["x".to_owned(), "y".to_owned(), "z".to_owned()]);
        assert_eq!(score(json!(1), three.clone()), Some(1.0));
        assert_eq!(score(json!("z"), three), Some(0.0));
        assert_eq!(score(json!("B"), None), Some(1.0));
        assert_eq!(score(json!(2), None), Some(0.0));
    }
}
