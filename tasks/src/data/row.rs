//! One row of a file.

use serde_json::{Map, Value};

use crate::doc::Origin;

/// One row of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The columns, in the order of the file.
    pub fields: Map<String, Value>,
    /// Where it stands.
    pub origin: Origin,
}
