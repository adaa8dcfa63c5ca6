//! Names and files that are not what they should be.

use std::path::PathBuf;

use crate::config::ConfigErrors;

/// Why tasks cannot be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Nothing has this name.
    #[error("there is no task, group or tag `{name}`{hint} (`harness tasks list` shows all)")]
    Unknown {
        /// The name.
        name: String,
        /// `; did you mean ...?`, or empty.
        hint: String,
    },
    /// A group names what does not exist.
    #[error("group `{group}`, {key}: there is no task, group or tag `{name}`{hint}")]
    Member {
        /// The group.
        group: String,
        /// The key that names it.
        key: &'static str,
        /// The name.
        name: String,
        /// `; did you mean ...?`, or empty.
        hint: String,
    },
    /// A group contains itself.
    #[error("group `{group}` contains itself: take it out of its own members")]
    Cycle {
        /// The group.
        group: String,
    },
    /// Two groups want the same task with different keys.
    #[error(
        "task `{task}` is selected twice with different keys; select one of its groups at a time"
    )]
    Conflict {
        /// The task.
        task: String,
    },
    /// A task file has mistakes.
    #[error("{0}")]
    Config(ConfigErrors),
    /// A folder of task files cannot be read.
    #[error("{}: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl From<ConfigErrors> for RegistryError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}
