//! `regex_pos`: the tags of a list of `('token', 'tag')` pairs.

use serde_json::{Value, json};

use super::super::options::Options;
use super::super::pattern::{Match, Pattern};
use super::super::{ScoringError, Unscored};
use super::Answers;

const PAIR: &str = r"\('([^']*)', '([^']*)'\)";

/// The filter `regex_pos` (`filters/extraction.py`, `POSFilter`).
#[derive(Clone, Debug)]
pub struct TagsFilter {
    pair: Pattern,
    fallback: Value,
}

impl TagsFilter {
    pub(super) fn compile(options: &Options<'_>) -> Result<Self, ScoringError> {
        options.only(&["regex_pattern", "group_select", "fallback"])?;
        let fallback = options.get("fallback").cloned().unwrap_or_else(|| json!(["invalid"]));
        Ok(Self { pair: options.pattern(PAIR)?, fallback })
    }

    /// lm-evaluation-harness reads `regex_pattern` and does not use it.
    pub(super) fn apply(&self, answers: Answers) -> Result<Answers, Unscored> {
        answers.each(|value| {
            let found = self.pair.findall(super::answer::text_or_empty(&value))?;
            let tags: Vec<Value> = found.into_iter().filter_map(tag).collect();
            Ok(if tags.is_empty() { self.fallback.clone() } else { Value::Array(tags) })
        })
    }
}

fn tag(found: Match) -> Option<Value> {
    match found {
        Match::Groups(groups) => groups.into_iter().nth(1).map(Value::from),
        Match::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_listed_in_order() {
        let options = json!({});
        let filter =
            TagsFilter::compile(&Options::new("regex_pos", options.as_object().unwrap())).unwrap();
        let found = filter.apply(Answers::One(json!("[('the', 'DET'), ('cat', 'NOUN')]"))).unwrap();
        assert_eq!(found.into_value(), json!(["DET", "NOUN"]));
        assert_eq!(
            filter.apply(Answers::One(json!("?"))).unwrap().into_value(),
            json!(["invalid"])
        );
    }
}
