//! A YAML value that knows where it stands.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// A file and a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file as the user knows it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A YAML value that knows where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub at: Position,
    /// Its tag, such as `!function`.
    pub tag: Option<String>,
    /// What it is.
    pub value: NodeValue,
}

/// What a YAML value is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// Anything without parts, as JSON.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the file's order; keys are unique.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == NodeValue::Scalar(Value::Null)
    }

    /// Its text, if it is an untagged string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar(Value::String(text)) if !self.is_function() => Some(text),
            _ => None,
        }
    }

    /// Whether it is tagged `!function`.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.tag.as_deref() == Some("!function")
    }

    /// The name behind `!function`.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar(Value::String(name)) if self.is_function() => Some(name),
            _ => None,
        }
    }

    /// A mapping's key as text; numbers and booleans as YAML writes them.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.value {
            NodeValue::Scalar(Value::String(text)) => text.clone(),
            NodeValue::Scalar(other) => other.to_string(),
            NodeValue::List(_) | NodeValue::Map(_) => "(a list or mapping)".to_owned(),
        }
    }

    /// The value without positions; functions as `!function module.name`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        if let Some(name) = self.function() {
            return Value::String(format!("!function {name}"));
        }
        match &self.value {
            NodeValue::Scalar(value) => value.clone(),
            NodeValue::List(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Map(entries) => {
                entries.iter().map(|(key, value)| (key.key(), value.to_json())).collect()
            }
        }
    }

    /// The kind of value, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.is_function() {
            return "a function";
        }
        match &self.value {
            NodeValue::Scalar(Value::Null) => "null",
            NodeValue::Scalar(Value::Bool(_)) => "a boolean",
            NodeValue::Scalar(Value::Number(_)) => "a number",
            NodeValue::Scalar(_) => "a string",
            NodeValue::List(_) => "a list",
            NodeValue::Map(_) => "a mapping",
        }
    }
}
