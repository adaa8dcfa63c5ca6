//! A task: its file and the functions that the file names.

use crate::config::{Card, OutputType, TaskConfig, TaskLanguage};

/// A benchmark that can be asked and scored.
#[derive(Clone, Debug)]
pub struct Task {
    pub(crate) config: TaskConfig,
}

impl Task {
    /// The task's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.task
    }

    /// The resolved task file.
    #[must_use]
    pub fn task_config(&self) -> &TaskConfig {
        &self.config
    }

    /// What people need to know about it.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.config.metadata.card
    }

    /// The kind of its requests.
    #[must_use]
    pub fn output_type(&self) -> OutputType {
        self.config.output_type
    }

    /// Its language.
    #[must_use]
    pub fn language(&self) -> &TaskLanguage {
        &self.config.metadata.language
    }
}

/// A task could not be built, asked or scored.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A document cannot be used.
    #[error("task {task}, document {doc}: {reason}")]
    Document {
        /// The task.
        task: String,
        /// The document's position.
        doc: usize,
        /// What is wrong and what to do.
        reason: String,
    },
}
