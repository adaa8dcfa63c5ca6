//! One split of a dataset, read.

use std::path::PathBuf;

use super::read::moses;
use super::{DataError, DatasetRef, Locate, Row, join, read_rows};
use crate::doc::Doc;

/// The documents of a split and the files that they come from.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// The documents, numbered from 0.
    pub(crate) docs: Vec<Doc>,
    /// The files, in order; joined ones last.
    pub(crate) files: Vec<PathBuf>,
}

impl Split {
    /// SHA-256 over the bytes of several splits' files, each file once.
    pub(crate) fn digest<'a>(
        splits: impl IntoIterator<Item = &'a Self>,
    ) -> Result<String, DataError> {
        super::digest::digest(&Self::sources(splits))
    }

    /// The files of several splits, each once.
    pub(crate) fn sources<'a>(splits: impl IntoIterator<Item = &'a Self>) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in splits.into_iter().flat_map(|split| &split.files) {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }
}

/// Reads a split and joins what belongs to it.
pub(crate) fn read_split(
    source: &dyn Locate,
    dataset: &DatasetRef,
    split: &str,
) -> Result<Split, DataError> {
    let mut files = source.locate(dataset, split)?;
    let mut rows = read_all(&files)?;
    if let (Some(reference), Some(other)) = (&dataset.join, dataset.joined()) {
        let other_files = source.locate(&other, split)?;
        join::join(&mut rows, read_all(&other_files)?, &reference.on)?;
        files.extend(other_files);
    }
    if rows.is_empty() {
        let (dataset, split) = (dataset.to_string(), split.to_owned());
        return Err(DataError::Empty { dataset, split, after: "" });
    }
    let docs = rows.into_iter().enumerate();
    let docs = docs.map(|(id, row)| Doc { id, fields: row.fields, origin: row.origin }).collect();
    Ok(Split { docs, files })
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Row>, DataError> {
    let mut rows = Vec::new();
    for group in files.chunk_by(|a, b| moses::beside(a, b)) {
        match group {
            [file] => rows.extend(read_rows(file)?),
            parallel => rows.extend(moses::read(parallel)?),
        }
    }
    Ok(rows)
}
