//! A document with its requests.

use serde_json::Value;

use crate::doc::{Doc, sha256_hex};
use crate::python::repr::to_str;
use crate::request::{Request, RequestKind};

/// A document with its requests, and what identifies it in a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance<'a> {
    /// The document.
    pub doc: &'a Doc,
    /// Its requests, in lm-evaluation-harness's order.
    pub requests: Vec<Request>,
    /// The right answer as lm-evaluation-harness logs it.
    pub target: Value,
    /// Documents of equal clusters belong together.
    pub cluster: String,
    /// What pairs the document with rows of parallel text.
    pub row_id: Option<String>,
    /// SHA-256 of the document.
    pub doc_hash: String,
    /// SHA-256 of the first request's context, or of a rolling text.
    pub prompt_hash: String,
    /// SHA-256 of Python's `str(target)`.
    pub target_hash: String,
}

/// lm-evaluation-harness's `prompt_hash`.
pub(super) fn prompt_hash(requests: &[Request]) -> String {
    let prompt = requests.first().map_or("", |request| match &request.kind {
        RequestKind::Loglikelihood { context, .. } | RequestKind::Generate { context, .. } => {
            &context.text
        }
        RequestKind::Rolling { text } => text,
    });
    sha256_hex(prompt)
}

/// lm-evaluation-harness's `target_hash`.
pub(super) fn target_hash(target: &Value) -> String {
    sha256_hex(&to_str(target))
}
