//! One document of a benchmark.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::python::json::{Style, dumps};

/// One row of a benchmark's evaluation split, after the task's `process_docs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doc {
    /// Position in the split that it was read from, after `process_docs`;
    /// counts from 0.
    pub id: usize,
    /// The columns, in the order of the source.
    pub fields: Map<String, Value>,
    /// The file and row that it was read from, for error messages.
    #[serde(skip)]
    pub origin: Origin,
}

impl Doc {
    /// A document that comes from no file.
    #[must_use]
    pub fn new(id: usize, fields: Map<String, Value>) -> Self {
        Self { id, fields, origin: Origin::default() }
    }

    /// A column's value.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.fields.get(column)
    }

    /// A column's value, if it is text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        self.get(column).and_then(Value::as_str)
    }

    /// lm-evaluation-harness's `doc_hash`: SHA-256 of `json.dumps(doc,
    /// indent=2, ensure_ascii=False)`, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let style = Style { indent: Some(2), ..Style::default() };
        sha256_hex(&dumps(&Value::Object(self.fields.clone()), style))
    }
}

/// SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a document was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file; empty if the document comes from none.
    pub file: Arc<str>,
    /// The line, or the row of a file without lines; counts from 1.
    pub row: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            return f.write_str("a document without a file");
        }
        write!(f, "{}:{}", self.file, self.row)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_is_that_of_pythons_json() {
        let Value::Object(fields) = json!({"q": "שאלה", "n": [1, 2.5], "x": null}) else {
            panic!("an object literal is an object");
        };
        // hashlib.sha256(json.dumps({"q": "שאלה", "n": [1, 2.5], "x": None},
        //                           indent=2, ensure_ascii=False).encode()).hexdigest()
        assert_eq!(
            Doc::new(0, fields).hash(),
            "ddc12627b163146e9367f71661bb14e6fb102949438473ae045c38d8efc04157"
        );
    }
}
