//! Which dataset a task reads.

/// A dataset as a task file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetRef {
    /// `owner/name` on the hub, or `json`, `csv`, `parquet` with `data_files`.
    pub path: String,
    /// The configuration; `None` is the dataset's default.
    pub name: Option<String>,
    /// The revision; `None` is the newest.
    pub revision: Option<String>,
    /// Files by split, for the generic readers.
    pub data_files: Vec<(String, Vec<String>)>,
}
