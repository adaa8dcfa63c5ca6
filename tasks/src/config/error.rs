//! What is wrong with a task file.

use std::fmt;

use super::Position;
use crate::template::TemplateError;

/// One mistake in a task file: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct ConfigError {
    /// Where it is.
    pub at: Position,
    /// What it is.
    pub problem: Problem,
}

/// What can be wrong with a task file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is not YAML.
    #[error("not valid YAML: {0}")]
    Yaml(String),
    /// The file is too large to be a task file.
    #[error("{bytes} bytes are too large for a task file; the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// An included file cannot be read.
    #[error("include `{path}` cannot be read: {reason}")]
    Include {
        /// The file as `include` names it.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Files include each other.
    #[error("include `{path}` leads back to a file that is being included: break the cycle")]
    IncludeCycle {
        /// The file as `include` names it.
        path: String,
    },
    /// A key that no task file has.
    #[error("unknown key `{key}`{hint}")]
    UnknownKey {
        /// The key.
        key: String,
        /// `; did you mean ...?`, or empty.
        hint: String,
    },
    /// A value of the wrong type.
    #[error("key `{key}` must be {expected}, but is {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value of the right type that makes no sense.
    #[error("key `{key}`: {advice}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong and what to do.
        advice: String,
    },
    /// A key that must be there.
    #[error("key `{key}` is missing: {advice}")]
    Missing {
        /// The key.
        key: String,
        /// What to write.
        advice: &'static str,
    },
    /// A key of lm-evaluation-harness that is not honoured here.
    #[error("key `{key}` cannot be honoured: {reason}")]
    Unsupported {
        /// The key.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// A template that does not compile.
    #[error("key `{key}`: {error}")]
    Template {
        /// The key.
        key: String,
        /// What is wrong with it.
        error: TemplateError,
    },
    /// A function that is not there, or of another kind.
    #[error("key `{key}`: {advice}")]
    Function {
        /// The key.
        key: String,
        /// What is wrong, and what there is.
        advice: String,
    },
}

/// Every mistake of a task file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            let end = if at > 0 { "\n" } else { "" };
            write!(f, "{end}{error}")?;
        }
        Ok(())
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}
