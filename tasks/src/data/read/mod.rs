//! Files of five formats, and parallel plain text, read into rows.

mod csv;
mod json;
mod jsonl;
pub(super) mod moses;
mod parquet;

use std::path::Path;
use std::sync::Arc;

use super::budget::MAX_BYTES;
use super::{DataError, Row};
use crate::doc::Origin;

/// The formats, in the order in which they are looked for.
pub const EXTENSIONS: [&str; 5] = ["jsonl", "json", "csv", "tsv", "parquet"];

/// Reads a file in the format that its extension names.
///
/// # Errors
/// [`DataError::Unreadable`], [`DataError::Malformed`] with the line, or
/// [`DataError::TooLarge`].
pub fn read_rows(path: &Path) -> Result<Vec<Row>, DataError> {
    let length =
        std::fs::metadata(path).map_err(|error| unreadable(path, &error.to_string()))?.len();
    if length > MAX_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), what: "bytes", limit: MAX_BYTES });
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("jsonl") => jsonl::read(path),
        Some("json") => json::read(path),
        Some("csv") => csv::read(path, b','),
        Some("tsv") => csv::read(path, b'\t'),
        Some("parquet") => parquet::read(path),
        _ => Err(unreadable(
            path,
            &format!("the format is unknown; there are {}", EXTENSIONS.join(", ")),
        )),
    }
}

fn unreadable(path: &Path, reason: &str) -> DataError {
    DataError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}

/// The file's name as rows carry it.
fn file_name(path: &Path) -> Arc<str> {
    path.display().to_string().into()
}

fn malformed(file: &Arc<str>, row: usize, reason: impl Into<String>) -> DataError {
    DataError::Malformed { at: Origin { file: Arc::clone(file), row }, reason: reason.into() }
}
