use std::path::PathBuf;

use harness_tasks::TaskError;

/// A checkpoint's chat template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// A file cannot be read, or is not what its name says.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The template is not Jinja, or fails for a conversation.
    #[error("chat template sha256:{digest} ({}), line {line}: {reason}", path.display())]
    Template {
        /// SHA-256 of the template.
        digest: String,
        /// Where it is from.
        path: PathBuf,
        /// Line in the template, from 1.
        line: usize,
        /// What is wrong; what the template itself says, if it raises.
        reason: String,
    },
    /// The template was stopped.
    #[error("chat template sha256:{digest} ({}) was stopped: it {limit}", path.display())]
    Limit {
        /// SHA-256 of the template.
        digest: String,
        /// Where it is from.
        path: PathBuf,
        /// What there was too much of.
        limit: &'static str,
    },
    /// The last message is to be continued, but the template leaves it out.
    #[error(
        "chat template sha256:{digest} ({}) drops the last message, which the model is to continue; \
         this task's gen_prefix cannot be used with it", path.display()
    )]
    Continuation {
        /// SHA-256 of the template.
        digest: String,
        /// Where it is from.
        path: PathBuf,
    },
}

impl ChatError {
    /// Whether another conversation may be accepted: the template itself raised or met something undefined.
    pub(super) fn is_rejection(&self) -> bool {
        matches!(self, Self::Template { .. })
    }
}

impl From<ChatError> for TaskError {
    fn from(error: ChatError) -> Self {
        Self::Chat(error.to_string())
    }
}
