//! A mapping whose keys are taken one by one.

use serde_json::{Map, Value};

use super::{Node, NodeValue, Position};
use crate::config::{ConfigError, FunctionName, Problem};
use crate::suggest;

/// A mapping whose keys are taken one by one.
///
/// A key of the wrong type is noted and counts as absent, so that one reading
/// finds every mistake of a file. What is left over at the end is unknown.
pub(crate) struct Section<'a> {
    /// What precedes a key in messages: `fewshot_config.`.
    prefix: String,
    at: Position,
    entries: Vec<(Node, Node)>,
    asked: Vec<&'static str>,
    present: Vec<String>,
    errors: &'a mut Vec<ConfigError>,
}

impl<'a> Section<'a> {
    /// Opens a mapping; anything else is noted as an error.
    pub(crate) fn open(
        node: Node,
        prefix: &str,
        errors: &'a mut Vec<ConfigError>,
    ) -> Option<Section<'a>> {
        let found = node.kind();
        let NodeValue::Map(entries) = node.value else {
            let key = prefix.trim_end_matches('.').to_owned();
            let problem = Problem::WrongType { key, expected: "a mapping", found };
            errors.push(ConfigError { at: node.at, problem });
            return None;
        };
        let present = entries
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, _)| key.key())
            .collect();
        let prefix = prefix.to_owned();
        Some(Self { prefix, at: node.at, entries, asked: Vec::new(), present, errors })
    }

    /// Whether a key was given when the mapping was opened.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.present.iter().any(|name| name == key)
    }

    /// Where the mapping begins.
    pub(crate) fn position(&self) -> Position {
        self.at.clone()
    }

    /// Whether a key holds a function.
    pub(crate) fn is_function(&self, key: &str) -> bool {
        let value = self.entries.iter().find(|(name, _)| name.as_str() == Some(key));
        value.is_some_and(|(_, value)| value.is_function())
    }

    /// Every key of a list that was not asked for, with its value.
    pub(crate) fn take_all(&mut self, keys: &[&'static str]) -> Vec<(Node, Node)> {
        self.asked.extend(keys);
        let wanted = |key: &Node| key.as_str().is_some_and(|name| keys.contains(&name));
        let (taken, left) =
            std::mem::take(&mut self.entries).into_iter().partition(|(key, _)| wanted(key));
        self.entries = left;
        taken
    }

    /// Notes an error.
    pub(crate) fn fail(&mut self, at: Position, problem: Problem) {
        self.errors.push(ConfigError { at, problem });
    }

    /// The list of errors, for the parts of a value.
    pub(crate) fn errors(&mut self) -> &mut Vec<ConfigError> {
        self.errors
    }

    /// A key as messages name it.
    pub(crate) fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// A key's value; `null` counts as absent.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.asked.push(key);
        let at = self.entries.iter().position(|(name, _)| name.as_str() == Some(key))?;
        let (_, value) = self.entries.remove(at);
        (!value.is_null()).then_some(value)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        convert: impl FnOnce(&Node) -> Option<T>,
    ) -> Option<T> {
        let node = self.take(key)?;
        let converted = convert(&node);
        if converted.is_none() {
            let problem = Problem::WrongType { key: self.path(key), expected, found: node.kind() };
            self.fail(node.at, problem);
        }
        converted
    }

    /// A string.
    pub(crate) fn string(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "a string", |node| node.as_str().map(str::to_owned))
    }

    /// A string, or a number taken as one.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "a string", |node| match &node.value {
            NodeValue::Scalar(Value::Number(number)) => Some(number.to_string()),
            _ => node.as_str().map(str::to_owned),
        })
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&mut self, key: &'static str) -> Option<usize> {
        self.typed(key, "a whole number of at least 0", |node| match &node.value {
            NodeValue::Scalar(value) => value.as_u64().and_then(|n| usize::try_from(n).ok()),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", |node| match &node.value {
            NodeValue::Scalar(value) => value.as_bool(),
            _ => None,
        })
    }

    /// A function.
    pub(crate) fn function(&mut self, key: &'static str) -> Option<FunctionName> {
        self.typed(key, "a function (`!function module.name`)", |node| {
            node.function().map(|name| FunctionName(name.to_owned()))
        })
    }

    /// One string or a list of strings.
    pub(crate) fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a string or a list of strings", strings)
    }

    /// A mapping without positions.
    pub(crate) fn mapping(&mut self, key: &'static str) -> Option<Map<String, Value>> {
        self.typed(key, "a mapping", |node| match node.to_json() {
            Value::Object(fields) => Some(fields),
            _ => None,
        })
    }

    /// A list's items.
    pub(crate) fn list(&mut self, key: &'static str) -> Option<Vec<Node>> {
        self.typed(key, "a list", |node| match &node.value {
            NodeValue::List(items) => Some(items.clone()),
            _ => None,
        })
    }

    /// A key that is known but cannot be honoured.
    pub(crate) fn unsupported(&mut self, key: &'static str, reason: &'static str) {
        let Some(node) = self.take(key) else { return };
        if node.value != NodeValue::Scalar(Value::Bool(false)) {
            let problem = Problem::Unsupported { key: self.path(key), reason };
            self.fail(node.at, problem);
        }
    }

    /// Every key that was not asked for, as a metric's or filter's options.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.entries.iter().map(|(key, value)| (key.key(), value.to_json())).collect()
    }

    /// Notes every key that was not asked for as unknown.
    pub(crate) fn finish(self) {
        for (key, _) in self.entries {
            let name = key.key();
            let hint = suggest::hint(&name, self.asked.iter().copied());
            let problem = Problem::UnknownKey { key: format!("{}{name}", self.prefix), hint };
            self.errors.push(ConfigError { at: key.at, problem });
        }
    }
}

/// One string or a list of strings.
pub(crate) fn strings(node: &Node) -> Option<Vec<String>> {
    if let Some(text) = node.as_str() {
        return Some(vec![text.to_owned()]);
    }
    let NodeValue::List(items) = &node.value else { return None };
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
