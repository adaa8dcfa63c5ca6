//! Files of measured routing.

mod arrays;
mod counter;
mod error;
mod json;
mod npy;
mod row;
mod wide;

use std::path::Path;

use harness_reports::routing::Imported;

pub use arrays::{ArrayOptions, ArraySource, read_arrays};
pub use error::ImportError;
pub use wide::{Wide, read_wide};

/// Reads a table of rates or a run's routing.json, by the file's extension.
///
/// `scores` names the table of mean router scores that belongs to a table of rates; without it, a file beside it
/// whose name has `_avg_dist` for `_avg_activation` is taken.
///
/// # Errors
/// [`ImportError`], which names file, row and column.
pub fn read(path: &Path, scores: Option<&Path>) -> Result<Vec<Imported>, ImportError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => json::read(path),
        Some("csv") => Ok(vec![wide::imported(path, scores)?]),
        _ => Err(ImportError::Format { path: path.to_owned() }),
    }
}

/// A language's tag where the word is one we know, else the word itself.
fn tag(word: &str) -> &str {
    match word {
        "English" => "en",
        "Hebrew" => "he",
        "Japanese" => "ja",
        "Arabic" => "ar",
        other => other,
    }
}

/// A file's name without folder and extension.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
