//! The values of `doc_to_text` and its kin.

use serde_json::Value;

/// A function that a task file names with `!function module.name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(pub String);

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
