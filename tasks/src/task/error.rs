//! Tasks that cannot be asked or scored.

/// A task could not be built, asked or scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// A document cannot be used.
    #[error("task {task}: {at}: {reason}")]
    Document {
        /// The task.
        task: String,
        /// The file and row of the document.
        at: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The shots that are asked for cannot be had.
    #[error("task {task}: {reason}")]
    Shots {
        /// The task.
        task: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// There is nothing to ask.
    #[error("task {task}: 0 documents: {reason}")]
    NoDocuments {
        /// The task.
        task: String,
        /// Why.
        reason: String,
    },
    /// A chat template could not be rendered.
    #[error("chat template: {0}")]
    Chat(String),
}
