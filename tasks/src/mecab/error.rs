//! Dictionaries that are absent or damaged.

use std::path::{Path, PathBuf};

use super::DICTIONARY_VARIABLE;

/// Why there is no segmentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MecabError {
    /// No folder that is looked into holds a dictionary.
    #[error(
        "MeCab's IPADIC dictionary is not installed: `apt-get install mecab-ipadic-utf8`, or \
         `pip install ipadic` and {DICTIONARY_VARIABLE} set to what \
         `python3 -c 'import ipadic; print(ipadic.DICDIR)'` prints"
    )]
    Absent,
    /// A file of a dictionary cannot be read or is not one.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl MecabError {
    pub(super) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), reason: reason.into() }
    }
}
