//! Documents that a function cannot use.

use serde_json::Value;

use crate::doc::{Doc, Origin};

/// A document that a function cannot use: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct FunctionError {
    /// Where the document was read.
    pub at: Origin,
    /// What is wrong.
    pub reason: String,
}

impl FunctionError {
    /// Something is wrong with a document.
    pub fn new(doc: &Doc, reason: impl Into<String>) -> Self {
        Self { at: doc.origin.clone(), reason: reason.into() }
    }
}

/// A column's value.
pub(super) fn column<'a>(doc: &'a Doc, name: &str) -> Result<&'a Value, FunctionError> {
    doc.get(name).ok_or_else(|| {
        let columns: Vec<&str> = doc.fields.keys().map(String::as_str).collect();
        let reason = format!("column `{name}` is missing; the columns are {}", columns.join(", "));
        FunctionError::new(doc, reason)
    })
}

/// A column's text.
pub(super) fn text<'a>(doc: &'a Doc, name: &str) -> Result<&'a str, FunctionError> {
    let value = column(doc, name)?;
    value.as_str().ok_or_else(|| {
        FunctionError::new(doc, format!("column `{name}` must be text, but is {value}"))
    })
}
