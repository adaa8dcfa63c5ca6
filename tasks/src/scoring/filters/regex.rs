//! `regex`: the answer that a pattern finds.

use serde_json::Value;

use super::super::options::Options;
use super::super::pattern::{Match, Pattern};
use super::super::{ScoringError, Unscored};
use super::Answers;
use super::answer::text_or_empty;
use crate::python::text::strip;

/// GSM8K's answer line, the default pattern of lm-evaluation-harness.
const DEFAULT_PATTERN: &str = r"#### (\-?[0-9\.\,]+)";
/// What stands for an answer that was not found.
pub(super) const INVALID: &str = "[invalid]";

/// The filter `regex` (`filters/extraction.py`, `RegexFilter`).
#[derive(Clone, Debug)]
pub struct RegexFilter {
    pattern: Pattern,
    group_select: i64,
    /// What to answer when nothing is found.
    pub(super) fallback: Value,
}

impl RegexFilter {
    pub(super) const OPTIONS: [&str; 3] = ["regex_pattern", "group_select", "fallback"];

    /// Reads its own options and leaves others to the caller.
    pub(super) fn compile(options: &Options<'_>) -> Result<Self, ScoringError> {
        Ok(Self {
            pattern: options.pattern(options.text("regex_pattern")?.unwrap_or(DEFAULT_PATTERN))?,
            group_select: options.integer("group_select")?.unwrap_or(0),
            fallback: options.get("fallback").cloned().unwrap_or_else(|| Value::from(INVALID)),
        })
    }

    pub(super) fn apply(&self, answers: Answers) -> Result<Answers, Unscored> {
        answers.each(|value| {
            let found = self.find(text_or_empty(&value))?;
            Ok(found.map_or_else(|| self.fallback.clone(), Value::from))
        })
    }

    /// The selected match, stripped; of several groups the first that is not
    /// empty. `None` where there is no such match.
    pub(super) fn find(&self, text: &str) -> Result<Option<String>, Unscored> {
        Ok(select(self.pattern.findall(text)?, self.group_select))
    }
}

/// Python's `found[at]`, and of that the text.
pub(super) fn select(found: Vec<Match>, at: i64) -> Option<String> {
    let length = i64::try_from(found.len()).ok()?;
    let index = usize::try_from(if at < 0 { length + at } else { at }).ok()?;
    let text = match found.into_iter().nth(index)? {
        Match::Text(text) => text,
        Match::Groups(groups) => groups.into_iter().find(|group| !group.is_empty())?,
    };
    Some(strip(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn filtered(options: &Value, response: &str) -> Value {
        let filter =
            RegexFilter::compile(&Options::new("regex", options.as_object().unwrap())).unwrap();
        filter.apply(Answers::One(json!(response))).unwrap().into_value()
    }

    /// Responses, what mgsm_native_cot_ja's strict-match makes of them, and
    /// what its flexible-extract does, from lm-evaluation-harness 0.4.13.
    const MGSM: [(&str, &str, &str); 12] = [
        ("3+2で5台。答えは5です。", "5", "5"),
        ("答えは1,234です。答えは7です。", "1,234", "7"),
        ("答えは-3.0です。", "-3.0", "-3.0"),
        ("残りは$23.", "[invalid]", "$23."),
        ("答えは12個です。", "[invalid]", "12"),
        ("1.5です", "[invalid]", "1.5"),
        ("。, .", "[invalid]", "[invalid]"),
        ("", "[invalid]", "[invalid]"),
        ("5", "[invalid]", "5"),
        ("合計は 1,000 円、", "[invalid]", "1,000"),
        ("価格は３ドル", "[invalid]", "[invalid]"),
        ("7..", "[invalid]", "7.."),
    ];

    #[test]
    fn mgsm_answers_are_found_as_upstream_finds_them() {
        let strict = json!({"regex_pattern": r"答えは(\-?[0-9\.\,]+)です。"});
        let flexible = json!({"regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)", "group_select": -1});
        for (response, first, last) in MGSM {
            assert_eq!(filtered(&strict, response), first, "{response}");
            assert_eq!(filtered(&flexible, response), last, "{response}");
        }
    }

    #[test]
    fn nothing_selected_gives_the_fallback() {
        assert_eq!(
            filtered(&json!({"regex_pattern": "[0-9]", "group_select": 1}), "7"),
            "[invalid]"
        );
        assert_eq!(filtered(&json!({"regex_pattern": "(a)?(b)?", "fallback": ""}), "c"), "");
        assert_eq!(filtered(&json!({"regex_pattern": "([a-z ]*)"}), " b 1"), "b");
    }

    #[test]
    fn what_is_no_text_counts_as_empty() {
        let filter =
            RegexFilter::compile(&Options::new("regex", json!({}).as_object().unwrap())).unwrap();
        assert_eq!(filter.apply(Answers::One(json!(5))), Ok(Answers::One(json!(INVALID))));
    }
}
