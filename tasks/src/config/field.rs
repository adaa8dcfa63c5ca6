//! The values of `doc_to_text` and its kin.

use std::fmt;

use serde_json::Value;

use super::yaml::{Node, NodeValue, Section, strings};
use super::{ConfigError, Problem};

/// A function that a task file names with `!function module.name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(pub String);

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "!function {}", self.0)
    }
}

/// How a text or a target is made of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A column's name, or a Jinja template.
    Template(String),
    /// A fixed value: an integer or a list.
    Literal(Value),
    /// A function.
    Function(FunctionName),
}

impl Field {
    /// The value for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Template(source) => source.as_str().into(),
            Self::Literal(value) => value.clone(),
            Self::Function(name) => name.to_string().into(),
        }
    }

    pub(crate) fn take(section: &mut Section, key: &'static str) -> Option<Self> {
        let node = section.take(key)?;
        if let Some(name) = node.function() {
            return Some(Self::Function(FunctionName(name.to_owned())));
        }
        match &node.value {
            NodeValue::Scalar(Value::String(text)) => Some(Self::Template(text.clone())),
            NodeValue::Scalar(Value::Number(number)) => Some(Self::Literal(number.clone().into())),
            NodeValue::List(_) => Some(Self::Literal(node.to_json())),
            _ => {
                wrong(section, key, "a template, a column, a number or a function", &node);
                None
            }
        }
    }
}

/// How the choices are made of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Choices {
    /// A column's name, or a Jinja template of a Python list.
    Template(String),
    /// The same choices for every document.
    List(Vec<String>),
    /// A function.
    Function(FunctionName),
}

impl Choices {
    /// The value for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Template(source) => source.as_str().into(),
            Self::List(choices) => choices.clone().into(),
            Self::Function(name) => name.to_string().into(),
        }
    }

    pub(crate) fn take(section: &mut Section, key: &'static str) -> Option<Self> {
        let node = section.take(key)?;
        if let Some(name) = node.function() {
            return Some(Self::Function(FunctionName(name.to_owned())));
        }
        let choices = match &node.value {
            NodeValue::Scalar(Value::String(text)) => Some(Self::Template(text.clone())),
            NodeValue::List(_) => strings(&node).map(Self::List),
            NodeValue::Map(entries) => entries
                .iter()
                .map(|(_, value)| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Self::List),
            NodeValue::Scalar(_) => None,
        };
        if choices.is_none() {
            wrong(section, key, "a template, a list of strings (quote them) or a function", &node);
        }
        choices
    }
}

fn wrong(section: &mut Section, key: &str, expected: &'static str, node: &Node) {
    let problem = Problem::WrongType { key: section.path(key), expected, found: node.kind() };
    let at = node.at.clone();
    section.errors().push(ConfigError { at, problem });
}
