//! The language of a task.

use serde::{Deserialize, Serialize};

use super::Problem;
use super::yaml::{NodeValue, Section};

/// BCP-47 tags of a task's questions and continuations.
///
/// `und` is an unknown language and `mul` several in one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLanguage {
    /// The language of what is asked.
    pub question: String,
    /// The language of what is answered.
    pub continuation: String,
}

impl TaskLanguage {
    /// One language for questions and continuations.
    #[must_use]
    pub fn one(tag: &str) -> Self {
        Self { question: tag.to_owned(), continuation: tag.to_owned() }
    }

    /// The tag, if question and continuation share one known language: only
    /// such a task enters language-level measures of routing.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        let known = !matches!(self.question.as_str(), "und" | "mul");
        (known && self.question == self.continuation).then_some(self.question.as_str())
    }

    pub(crate) fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("language") else { return Self::default() };
        if let Some(tag) = node.as_str() {
            let tag = tag.to_owned();
            check(section, &tag, &node.at);
            return Self::one(&tag);
        }
        let at = node.at.clone();
        if !matches!(node.value, NodeValue::Map(_)) {
            let key = section.path("language");
            let expected = "a language tag or a mapping of `question` and `continuation`";
            section.fail(at, Problem::WrongType { key, expected, found: node.kind() });
            return Self::default();
        }
        let Some(mut parts) = Section::open(node, "metadata.language.", section.errors()) else {
            return Self::default();
        };
        let mut tag = |key| {
            let tag = parts.string(key).unwrap_or_else(|| "und".to_owned());
            check(&mut parts, &tag, &at);
            tag
        };
        let language = Self { question: tag("question"), continuation: tag("continuation") };
        parts.finish();
        language
    }
}

impl Default for TaskLanguage {
    fn default() -> Self {
        Self::one("und")
    }
}

fn check(section: &mut Section, tag: &str, at: &super::Position) {
    let subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if tag.split('-').all(subtag) && tag.as_bytes()[0].is_ascii_alphabetic() {
        return;
    }
    let advice = format!("`{tag}` is not a BCP-47 tag; write `he`, `ja`, `en`, ... or `und`");
    section.fail(at.clone(), Problem::Value { key: "metadata.language".into(), advice });
}
