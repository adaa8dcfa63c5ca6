//! What can be wrong with a record.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Why a record cannot be opened, read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Another process writes to this run.
    #[error("{} is being written by {holder}; wait for it or choose another --output", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Process and host, as the holder wrote them.
        holder: String,
    },
    /// The run folder cannot be used.
    #[error("cannot use {} as a run folder: {source}", path.display())]
    Folder {
        /// The folder or a file in it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no record here.
    #[error("{} holds no run record (run.db)", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// The file is no record of ours.
    #[error("{} is not a run record of harness", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error(
        "{} has record version {found}, and this harness reads up to {known}; use a newer harness",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The newest version known here.
        known: i32,
    },
    /// The same folder, another run.
    #[error("{} holds a different run:\n{}\nuse --fork to start a new run, or another --output", path.display(), lines(differences))]
    Manifest {
        /// The record.
        path: PathBuf,
        /// Every field that differs.
        differences: Vec<Difference>,
    },
    /// It cannot stand in one record with others.
    #[error("{} cannot be merged: {detail}", path.display())]
    Merge {
        /// The record.
        path: PathBuf,
        /// Why not, and what to do.
        detail: String,
    },
    /// SQLite finds the file damaged.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `PRAGMA quick_check` says.
        detail: String,
    },
    /// A row does not match its digest or cannot be decoded.
    #[error("{}: {row} is damaged ({detail}); `harness verify --repair` drops it so that the next run redoes it", path.display())]
    DamagedRow {
        /// The file.
        path: PathBuf,
        /// Model, task and document or window.
        row: String,
        /// What is wrong with it.
        detail: String,
    },
    /// What is to be committed contradicts itself or the record.
    #[error("cannot commit window {index} of task `{task}` for model `{model}`: {detail}")]
    Window {
        /// Alias of the model.
        model: String,
        /// Name of the task.
        task: String,
        /// Number of the window.
        index: usize,
        /// What is wrong.
        detail: String,
    },
    /// SQLite failed (disk full, no permission, …).
    #[error("cannot {action} {}: {source}", path.display())]
    Database {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// A field of the manifest that differs between the record and the command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// `run.dtype`, `models.base.weights_digest`, `tasks.heq.version`, …
    pub field: String,
    /// The value in the record.
    pub old: String,
    /// The value of this command.
    pub new: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}: the record has {}, this command has {}", self.field, self.old, self.new)
    }
}

fn lines(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
