//! Which dataset a task reads.

use std::fmt;
use std::path::PathBuf;

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
    /// The folder of the task file, which `data_files` may be relative to.
    pub base: Option<PathBuf>,
    /// Rows of another dataset that belong to this one's.
    pub join: Option<JoinRef>,
}

impl DatasetRef {
    /// The dataset that is joined, as a dataset of its own.
    #[must_use]
    pub fn joined(&self) -> Option<Self> {
        let join = self.join.as_ref()?;
        Some(Self { path: join.path.clone(), name: join.name.clone(), ..Self::default() })
    }

    /// The configuration's name in a folder or on the hub.
    #[must_use]
    pub fn config(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }

    /// The files that `data_files` names for a split.
    #[must_use]
    pub fn files_of(&self, split: &str) -> Option<&[String]> {
        let entry = self.data_files.iter().find(|(name, _)| name == split);
        entry.map(|(_, files)| files.as_slice())
    }
}

impl fmt::Display for DatasetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, ", config {name}"))
    }
}

/// Rows of another dataset, joined by the value of a column.
///
/// The whole other row becomes the column `joined`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinRef {
    /// The other dataset.
    pub path: String,
    /// Its configuration.
    pub name: Option<String>,
    /// The column whose equal values pair rows.
    pub on: String,
}
