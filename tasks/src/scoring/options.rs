//! The options of a metric or filter, read with their types.

use serde_json::{Map, Value};

use super::ScoringError;
use super::pattern::Pattern;

/// Options under the name of what takes them.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    of: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Options<'a> {
    pub(super) fn new(of: &'a str, map: &'a Map<String, Value>) -> Self {
        Self { of, map }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Refuses a key that is not among `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ScoringError> {
        let unknown = self.map.keys().find(|key| !known.contains(&key.as_str()));
        match unknown {
            None => Ok(()),
            Some(key) if known.is_empty() => Err(self.refuse(key, "is not known: no option is")),
            Some(key) => {
                Err(self.refuse(key, &format!("is not known; known are {}", known.join(", "))))
            }
        }
    }

    /// A flag, true for whatever Python takes for true, such as a text.
    pub(super) fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(other) => other.as_f64() != Some(0.0),
        }
    }

    pub(super) fn integer(&self, key: &str) -> Result<Option<i64>, ScoringError> {
        let value = self
            .get(key)
            .map(|value| value.as_i64().ok_or_else(|| self.refuse(key, "must be an integer")));
        value.transpose()
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, ScoringError> {
        let value = self
            .get(key)
            .map(|value| value.as_str().ok_or_else(|| self.refuse(key, "must be text")));
        value.transpose()
    }

    /// Patterns from a list; a plain text is taken apart into its characters,
    /// as Python iterates over it.
    pub(super) fn patterns(&self, key: &str) -> Result<Vec<Pattern>, ScoringError> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => {
                text.chars().map(|c| self.pattern(&c.to_string())).collect()
            }
            Some(Value::Array(items)) => {
                let text = |item: &'a Value| {
                    item.as_str().ok_or_else(|| self.refuse(key, "must be a list of text"))
                };
                items.iter().map(|item| self.pattern(text(item)?)).collect()
            }
            Some(_) => Err(self.refuse(key, "must be a list of regular expressions")),
        }
    }

    pub(super) fn pattern(&self, source: &str) -> Result<Pattern, ScoringError> {
        Pattern::new(source)
            .map_err(|source| ScoringError::Pattern { of: self.of.to_owned(), source })
    }

    pub(super) fn refuse(&self, key: &str, reason: &str) -> ScoringError {
        ScoringError::Option {
            of: self.of.to_owned(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        }
    }
}
