//! One document of a benchmark.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One row of a benchmark's evaluation split, after the task's `process_docs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doc {
    /// Position in the split that it was read from, after `process_docs`;
    /// counts from 0.
    pub id: usize,
    /// The columns, in the order of the source.
    pub fields: Map<String, Value>,
}
