//! [`ConfigReader`]: typed access to `config.json` that collects what is wrong instead of stopping.

use std::cell::RefCell;
use std::path::Path;

use serde_json::{Map, Value};

use super::read_json;
use crate::Problem;

const FILE: &str = "config.json";
/// No dimension of a model is larger; products of two stay far from overflow.
const LARGEST_SIZE: usize = 1 << 26;

/// `config.json` and the problems met while reading it.
///
/// Keys are given as all their spellings, newest first; a null counts as absent. A value that is
/// wrong is noted and replaced by a harmless one, so that one reading finds every problem.
pub(crate) struct ConfigReader {
    values: Map<String, Value>,
    problems: RefCell<Vec<Problem>>,
}

impl ConfigReader {
    /// Reads a checkpoint's `config.json`.
    pub(crate) fn open(dir: &Path) -> Result<Self, Problem> {
        Self::new(read_json(dir, FILE)?)
    }

    /// Takes the object that a `config.json` holds.
    pub(crate) fn new(config: Value) -> Result<Self, Problem> {
        match config {
            Value::Object(values) => Ok(Self { values, problems: RefCell::default() }),
            other => Err(problem("(the whole file)", Some(&other), "an object")),
        }
    }

    /// A reader of an object inside this one; empty where there is none.
    pub(crate) fn object(&self, keys: &[&str]) -> ConfigReader {
        let values = match self.find(keys) {
            Some((_, Value::Object(values))) => values.clone(),
            Some((key, other)) => {
                self.note(problem(key, Some(other), "an object"));
                Map::new()
            }
            None => Map::new(),
        };
        ConfigReader { values, problems: RefCell::default() }
    }

    /// Whether any spelling has a value.
    pub(crate) fn has(&self, keys: &[&str]) -> bool {
        self.find(keys).is_some()
    }

    /// A required size: an integer from 1.
    pub(crate) fn size(&self, keys: &[&str]) -> usize {
        self.required(keys, "a positive integer", |v| integer(v).filter(|&n| n > 0)).unwrap_or(1)
    }

    /// A size that has a default.
    pub(crate) fn size_or(&self, keys: &[&str], default: usize) -> usize {
        self.optional(keys, "a positive integer", |v| integer(v).filter(|&n| n > 0))
            .unwrap_or(default)
    }

    /// A count that may be 0 and has a default.
    pub(crate) fn count_or(&self, keys: &[&str], default: usize) -> usize {
        self.optional(keys, "an integer from 0", integer).unwrap_or(default)
    }

    /// A required count within bounds.
    pub(crate) fn within(&self, keys: &[&str], from: usize, to: usize, why: &str) -> usize {
        let inside = |v: &Value| integer(v).filter(|n| (from..=to).contains(n));
        let expected = format!("an integer from {from} to {to}{why}");
        self.required(keys, &expected, inside).unwrap_or(from)
    }

    /// A number that has a default; must be positive and finite.
    pub(crate) fn positive_or(&self, keys: &[&str], default: f64) -> f64 {
        let positive = |v: &Value| v.as_f64().filter(|n| n.is_finite() && *n > 0.0);
        self.optional(keys, "a positive number", positive).unwrap_or(default)
    }

    /// A number from 0 that has a default.
    pub(crate) fn non_negative_or(&self, keys: &[&str], default: f64) -> f64 {
        let from_zero = |v: &Value| v.as_f64().filter(|n| n.is_finite() && *n >= 0.0);
        self.optional(keys, "a number from 0", from_zero).unwrap_or(default)
    }

    /// Any number, where there is one.
    pub(crate) fn number(&self, keys: &[&str]) -> Option<f64> {
        self.optional(keys, "a number", Value::as_f64)
    }

    /// A required list of positive numbers.
    pub(crate) fn positive_numbers(&self, keys: &[&str]) -> Vec<f64> {
        let positive = |v: &Value| v.as_f64().filter(|n| n.is_finite() && *n > 0.0);
        let list = |v: &Value| v.as_array()?.iter().map(positive).collect();
        self.required(keys, "a list of positive numbers", list).unwrap_or_default()
    }

    /// A flag that has a default.
    pub(crate) fn flag_or(&self, keys: &[&str], default: bool) -> bool {
        self.optional(keys, "true or false", Value::as_bool).unwrap_or(default)
    }

    /// A text, where there is one.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<String> {
        self.optional(keys, "a string", |v| v.as_str().map(str::to_owned))
    }

    /// A list of texts, where there is one.
    pub(crate) fn texts(&self, keys: &[&str]) -> Option<Vec<String>> {
        let text = |v: &Value| v.as_str().map(str::to_owned);
        self.optional(keys, "a list of strings", |v| v.as_array()?.iter().map(text).collect())
    }

    /// A list of layer numbers; empty where absent.
    pub(crate) fn layer_numbers(&self, keys: &[&str], layers: usize) -> Vec<usize> {
        let number = |v: &Value| integer(v).filter(|&n| n < layers);
        let expected = format!("a list of layer numbers below {layers}");
        self.optional(keys, &expected, |v| v.as_array()?.iter().map(number).collect())
            .unwrap_or_default()
    }

    /// Notes a problem with the value of a key.
    pub(crate) fn reject(&self, keys: &[&str], expected: impl Into<String>) {
        let (key, value) = self.find(keys).map_or((keys[0], None), |(k, v)| (k, Some(v)));
        self.note(problem(key, value, &expected.into()));
    }

    /// Notes a problem.
    pub(crate) fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Takes over another reader's problems.
    pub(crate) fn absorb(&self, other: ConfigReader) {
        self.problems.borrow_mut().extend(other.problems.into_inner());
    }

    /// Everything noted so far.
    pub(crate) fn take_problems(&self) -> Vec<Problem> {
        self.problems.take()
    }

    /// The first spelling that has a value.
    fn find<'a>(&'a self, keys: &[&'a str]) -> Option<(&'a str, &'a Value)> {
        let value = |&key: &&'a str| Some((key, self.values.get(key).filter(|v| !v.is_null())?));
        keys.iter().find_map(value)
    }

    fn required<T>(
        &self,
        keys: &[&str],
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        if !self.has(keys) {
            self.note(problem(keys[0], None, expected));
        }
        self.optional(keys, expected, read)
    }

    fn optional<T>(
        &self,
        keys: &[&str],
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let (key, value) = self.find(keys)?;
        let read = read(value);
        if read.is_none() {
            self.note(problem(key, Some(value), expected));
        }
        read
    }
}

fn integer(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|&n| n <= LARGEST_SIZE)
}

fn problem(key: &str, value: Option<&Value>, expected: &str) -> Problem {
    let value = value.map_or_else(|| "missing".to_owned(), |v| shortened(&v.to_string()));
    Problem::Config { file: FILE.into(), key: key.into(), value, expected: expected.into() }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(value: Value) -> ConfigReader {
        ConfigReader::new(value).unwrap()
    }

    #[test]
    fn spellings_are_tried_in_order_and_null_is_absent() {
        let config = reader(serde_json::json!({"new": null, "old": 3}));
        assert_eq!(config.size(&["new", "old"]), 3);
        assert_eq!(config.size_or(&["new"], 7), 7);
        assert!(config.take_problems().is_empty());
    }

    #[test]
    fn every_problem_names_key_value_and_expectation() {
        let config = reader(serde_json::json!({"a": "x", "c": -1, "e": 1u64 << 40}));
        for key in ["a", "b", "c", "e"] {
            config.size(&[key]);
        }
        let messages: Vec<String> =
            config.take_problems().iter().map(ToString::to_string).collect();
        assert_eq!(messages[0], "config.json: `a` is \"x\"; expected a positive integer");
        assert_eq!(messages[1], "config.json: `b` is missing; expected a positive integer");
        assert_eq!(messages.len(), 4);
    }
}
