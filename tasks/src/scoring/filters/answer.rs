//! The answers to one request, on their way through a pipeline.

use serde_json::Value;

use super::super::Unscored;

/// The answers to one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// All that were given, one for each repeat.
    Many(Vec<Value>),
    /// The one that was selected.
    One(Value),
}

impl Answers {
    /// As lm-evaluation-harness logs it: the answer, or the list of them.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Self::Many(values) => Value::Array(values),
            Self::One(value) => value,
        }
    }

    /// Each answer by itself. A selected answer stays one.
    pub(super) fn each(
        self,
        change: impl Fn(Value) -> Result<Value, Unscored>,
    ) -> Result<Self, Unscored> {
        Ok(match self {
            Self::Many(values) => {
                Self::Many(values.into_iter().map(change).collect::<Result<_, _>>()?)
            }
            Self::One(value) => Self::One(change(value)?),
        })
    }

    /// Each answer's text by itself; what is no text is unscored.
    pub(super) fn each_text(
        self,
        filter: &str,
        change: impl Fn(&str) -> Value,
    ) -> Result<Self, Unscored> {
        self.each(|value| match value {
            Value::String(text) => Ok(change(&text)),
            other => Err(Unscored::new(format!("filter {filter} needs text and got {other}"))),
        })
    }

    /// Every answer as a list.
    pub(super) fn into_list(self) -> Vec<Value> {
        match self {
            Self::Many(values) => values,
            Self::One(value) => vec![value],
        }
    }
}

/// The text of an answer; what is no text counts as empty.
pub(super) fn text_or_empty(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
