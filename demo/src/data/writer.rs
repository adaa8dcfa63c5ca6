//! Rows and files of a dataset.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// One line of a file. Columns keep their order.
pub type Row = Value;

/// One split of one dataset.
#[derive(Clone, Debug)]
pub struct Split {
    /// `<owner>/<name>/<config>/<split>`.
    pub path: String,
    /// The rows in order.
    pub rows: Vec<Row>,
}

/// Why data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The output folder holds something.
    #[error("{} is not empty; remove it or name another folder", .0.display())]
    Occupied(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Makes a row of named columns.
pub(super) fn row<const N: usize>(columns: [(&str, Value); N]) -> Row {
    Value::Object(
        columns.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>(),
    )
}

impl Split {
    /// Names a split's rows.
    pub fn new(path: &str, rows: Vec<Row>) -> Self {
        Self { path: path.to_owned(), rows }
    }

    /// The file's text: one JSON object a line.
    pub fn lines(&self) -> String {
        self.rows.iter().map(|row| format!("{row}\n")).collect()
    }

    /// Writes the file below a folder; returns its path there and its number of rows.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(&self, folder: &Path) -> Result<(String, usize), DataError> {
        let name = format!("{}.jsonl", self.path);
        let path = folder.join(&name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, self.lines()))
            .map_err(|source| DataError::Io { path: path.clone(), source })?;
        Ok((name, self.rows.len()))
    }
}

/// Refuses a folder that holds something, so that nothing is overwritten.
///
/// # Errors
/// The folder is not empty, or is a file.
pub(super) fn refuse_occupied(folder: &Path) -> Result<(), DataError> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(DataError::Occupied(folder.into())),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(DataError::Io { path: folder.into(), source }),
    }
}

/// Draws rows until `count` different keys were seen.
pub(super) fn distinct<T, K: std::hash::Hash + Eq>(
    count: usize,
    mut draw: impl FnMut(usize) -> T,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let candidate = draw(drawn.len());
        if seen.insert(key(&candidate)) {
            drawn.push(candidate);
        }
    }
    drawn
}
