//! Data that are not there, or not as they should be.

use std::path::PathBuf;

use crate::doc::Origin;

/// Why a task's documents cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// Nobody has the dataset here. Other tasks can still run.
    #[error("no data for {dataset}, split {split}; looked for {}; {advice}", looked.join(", "))]
    Missing {
        /// The dataset and its configuration.
        dataset: String,
        /// The split.
        split: String,
        /// Where it was looked for.
        looked: Vec<String>,
        /// How to get it.
        advice: String,
    },
    /// Some of a split's files are missing.
    #[error("{dataset}, split {split}: shards are missing: {}", missing.join(", "))]
    Shards {
        /// The dataset and its configuration.
        dataset: String,
        /// The split.
        split: String,
        /// The files that are missing.
        missing: Vec<String>,
    },
    /// A dataset's or split's name cannot be part of a path.
    #[error("`{name}` is not the name of a dataset or split: {advice}")]
    Name {
        /// The name.
        name: String,
        /// What to write.
        advice: &'static str,
    },
    /// A file cannot be read at all.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file's content is not what its name says.
    #[error("{at}: {reason}")]
    Malformed {
        /// The file and row.
        at: Origin,
        /// What is wrong.
        reason: String,
    },
    /// A file is larger than any benchmark is.
    #[error("{}: {what} exceed the limit of {limit}: this does not look like a benchmark", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What there is too much of, in the plural.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A split without documents.
    #[error("{dataset}, split {split}: 0 documents{after}")]
    Empty {
        /// The dataset and its configuration.
        dataset: String,
        /// The split.
        split: String,
        /// ` after process_docs`, or empty.
        after: &'static str,
    },
    /// A row lacks a column that the task uses.
    #[error("{at}: column `{column}` is missing, which {user} uses; the columns are {}", columns.join(", "))]
    Column {
        /// The file and row.
        at: Origin,
        /// The column.
        column: String,
        /// The key or function that needs it.
        user: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// A row whose partner in the joined dataset is missing or not unique.
    #[error("{at}: {reason}")]
    Join {
        /// The file and row.
        at: Origin,
        /// What is wrong.
        reason: String,
    },
    /// A `process_docs` function refused a document.
    #[error("{function}: {reason}")]
    Process {
        /// The function.
        function: String,
        /// What is wrong and where.
        reason: String,
    },
}

impl DataError {
    /// Whether nobody has the dataset here, as opposed to broken data.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}
