//! Tables for a terminal.

use crate::record::{Record, RecordError};

/// The table that `harness eval` prints: scores, and below them routing.
pub fn summary_table(record: &Record, width: usize, color: bool) -> Result<String, RecordError> {
    let _ = (record, width, color);
    todo!()
}
