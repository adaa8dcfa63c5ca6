//! `ja_leaderboard_mgsm.process_results`.
//!
//! Source: lm-evaluation-harness
//! `tasks/japanese_leaderboard/ja_leaderboard_mgsm.py`.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::Value;

use super::super::pattern::{Match, Pattern};
use super::super::{AnswerKey, Unscored};
use crate::score::MetricValue;

static NUMBER: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r"(\-?[0-9\.\,]+)").expect("a fixed pattern, compiled by a test")
});

/// `acc`: whether the last number of the response is the column `answer_number`.
pub(super) fn process_results(
    key: &AnswerKey<'_>,
    results: &[Value],
) -> Result<IndexMap<String, MetricValue>, Unscored> {
    let response = results.first().and_then(Value::as_str).unwrap_or("");
    let gold = key.doc.fields.get("answer_number").and_then(Value::as_f64);
    let gold = gold.ok_or_else(|| Unscored::new("the column `answer_number` holds no number"))?;
    let is_right = answer(response)? == Some(gold);
    Ok(IndexMap::from([("acc".to_owned(), MetricValue::right(is_right))]))
}

/// The last run of digits, full stops and commas, read as a whole number.
/// `None` for what upstream calls invalid: a fraction, or marks alone.
fn answer(response: &str) -> Result<Option<f64>, Unscored> {
    let Some(Match::Text(last)) = NUMBER.findall(response)?.pop() else {
        return Ok(None);
    };
    let digits = last.trim_matches('.').replace(',', "");
    Ok(digits.parse::<f64>().ok().filter(|number| number.fract() == 0.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Doc;

    /// Responses and what lm-evaluation-harness 0.4.13 reads in them.
    #[test]
    fn the_last_whole_number_is_the_answer() {
        let table = [
            ("3+2で5台。答えは5です。", Some(5.0)),
            ("答えは1,234です。答えは7です。", Some(7.0)),
            ("答えは-3.0です。", Some(-3.0)),
            ("残りは$23.", Some(23.0)),
            ("答えは12個です。", Some(12.0)),
            ("1.5です", None),
            ("。, .", None),
            ("", None),
            ("5", Some(5.0)),
            ("合計は 1,000 円、", Some(1000.0)),
            ("価格は３ドル", None),
            ("7..", Some(7.0)),
        ];
        for (response, expected) in table {
            assert_eq!(answer(response).unwrap(), expected, "{response}");
        }
    }

    #[test]
    fn a_document_without_a_number_is_unscored() {
        let score = |fields: Value| {
            let doc = Doc::new(0, fields.as_object().unwrap().clone());
            let key = AnswerKey { doc: &doc, target: json!("None"), choices: None, input: None };
            process_results(&key, &[json!("答えは18です。")])
        };
        assert_eq!(score(json!({"answer_number": 18})).unwrap()["acc"], MetricValue::Number(1.0));
        assert_eq!(score(json!({"answer_number": 3})).unwrap()["acc"], MetricValue::Number(0.0));
        assert!(score(json!({"answer": null})).unwrap_err().0.contains("answer_number"));
    }
}
