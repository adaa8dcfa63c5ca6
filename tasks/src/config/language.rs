//! The language of a task.

use serde::{Deserialize, Serialize};

/// BCP-47 tags of a task's questions and continuations; `und` if unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLanguage {
    /// The language of what is asked.
    pub question: String,
    /// The language of what is answered.
    pub continuation: String,
}

impl TaskLanguage {
    /// One language for questions and continuations.
    #[must_use]
    pub fn one(tag: &str) -> Self {
        Self {
            question: tag.to_owned(),
            continuation: tag.to_owned(),
        }
    }

    /// The tag, if question and continuation share it.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        (self.question == self.continuation).then_some(self.question.as_str())
    }
}

impl Default for TaskLanguage {
    fn default() -> Self {
        Self::one("und")
    }
}
