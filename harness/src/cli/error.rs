use crate::eval::EvalError;
use crate::exit::Exit;

/// A command that failed: what to tell the user, and the exit code.
#[derive(Debug)]
pub struct CommandError {
    /// The reason, with its causes.
    pub error: anyhow::Error,
    /// How the process ends.
    pub exit: Exit,
}

impl CommandError {
    /// An error with a code of its own.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), exit }
    }

    /// A flag that cannot be used.
    pub fn usage(message: impl std::fmt::Display) -> Self {
        Self::new(Exit::Usage, anyhow::anyhow!("{message}"))
    }
}

impl From<EvalError> for CommandError {
    fn from(error: EvalError) -> Self {
        Self::new(error.exit(), error)
    }
}

impl From<crate::config::ConfigError> for CommandError {
    fn from(error: crate::config::ConfigError) -> Self {
        EvalError::from(error).into()
    }
}

impl From<harness_reports::RecordError> for CommandError {
    fn from(error: harness_reports::RecordError) -> Self {
        EvalError::from(error).into()
    }
}

impl From<harness_reports::ReportError> for CommandError {
    fn from(error: harness_reports::ReportError) -> Self {
        Self::new(Exit::Failure, error)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failure, error)
    }
}
