//! Writing every derived file.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::record::{Record, RecordError};

/// Choices that concern the pages only.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PageOptions {
    /// Alias with which other models are compared, where their manifest names none.
    pub baseline: Option<String>,
}

/// Why the pages could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file cannot be written; what was there before is still there.
    #[error("cannot write {} ({bytes} bytes needed): {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: usize,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Writes report.md, report.html, scores.csv, routing.csv and, per model, results.json,
/// routing.json and samples files into `dir`; returns the paths written.
pub fn write_derived(
    record: &Record,
    dir: &Path,
    options: &PageOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let _ = (record, dir, options);
    todo!()
}
