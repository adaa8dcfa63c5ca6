//! Finding a split's files.

use std::path::PathBuf;

use super::{DataError, DatasetRef};

/// A place that datasets are kept: a folder, the hub's cache, the hub.
pub trait Locate {
    /// The files of one split, in order.
    ///
    /// # Errors
    /// [`DataError::Missing`] if this place does not have the split, with
    /// where it was looked for and how to get it; other errors if what is
    /// there cannot be used.
    fn locate(&self, dataset: &DatasetRef, split: &str) -> Result<Vec<PathBuf>, DataError>;
}
