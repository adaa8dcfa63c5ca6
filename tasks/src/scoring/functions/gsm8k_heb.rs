//! `gsm8k_heb.process_results`: GSM8K's answer line, on both sides.
//!
//! Source: the Hebrew leaderboard authors' lighteval tasks.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::Value;

use super::super::pattern::{Match, Pattern};
use super::super::{AnswerKey, Unscored};
use crate::score::MetricValue;

static ANSWER_LINE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r"#### (\-?[0-9\.\,]+)").expect("a fixed pattern, compiled by a test")
});
/// What begins another question of the prompt's shape.
const NEXT_QUESTION: &str = "שאלה:";
/// What stands for an answer that was not found; two of them are equal.
const INVALID: &str = "[invalid]";

/// `exact_match`: whether the response's answer line equals the gold one's.
pub(super) fn process_results(
    key: &AnswerKey<'_>,
    results: &[Value],
) -> Result<IndexMap<String, MetricValue>, Unscored> {
    let response = results.first().and_then(Value::as_str).unwrap_or("");
    let predicted = answer(response)?;
    let mut is_right = false;
    for reference in key.references() {
        is_right |= answer(&reference)? == predicted;
    }
    Ok(IndexMap::from([("exact_match".to_owned(), MetricValue::right(is_right))]))
}

/// The first answer line before another question, without commas.
fn answer(text: &str) -> Result<String, Unscored> {
    let own = text.split(NEXT_QUESTION).next().unwrap_or(text);
    Ok(match ANSWER_LINE.findall(own)?.into_iter().next() {
        Some(Match::Text(number)) => number.replace(',', ""),
        _ => INVALID.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_line_of_the_own_answer_counts() {
        let table = [
            ("חישוב\n#### 1,234\nשאלה: עוד\n#### 7", "1234"),
            ("#### -3.5", "-3.5"),
            ("18", "[invalid]"),
            ("שאלה: #### 5", "[invalid]"),
        ];
        for (text, expected) in table {
            assert_eq!(answer(text).unwrap(), expected, "{text}");
        }
    }
}
