//! Routing for other programs.
//!
//! - *wide*: the tables that [`import`](super::import) reads, two a (model, text): activation rates and, where scores
//!   were seen, mean scores;
//! - *rows* ([`COLUMNS`]): every count of the record, as CSV, JSON Lines or Parquet.

mod parquet;
mod rows;
mod sheets;
mod wide;

use std::path::PathBuf;

pub use parquet::ParquetSink;
pub use rows::{COLUMNS, ExportRow, RowSink, write_rows};
pub use sheets::{CsvSink, JsonSink};
pub use wide::write_wide;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] harness_reports::RecordError),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system, or the format's library, says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is nothing to write.
    #[error("{0}")]
    Nothing(String),
}

impl ExportError {
    fn write(
        path: &std::path::Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Write { path: path.to_owned(), source: source.into() }
    }
}
