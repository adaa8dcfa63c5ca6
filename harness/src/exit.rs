//! What the process tells its caller.

use std::process::ExitCode;

/// Exit codes; scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success,
    /// Internal or I/O failure.
    Failure,
    /// Usage or configuration; a run folder that holds another run; no documents.
    Usage,
    /// The gate's verdict is NO-GO.
    NoGo,
    /// The gate could not decide.
    Undecided,
    /// Finished, but a task had no data or too many documents stayed unscored.
    Incomplete,
    /// A model or data that cannot be used.
    Unusable,
    /// Try again later: the hub is down, or another process writes to the run.
    Temporary,
    /// Ended by a signal.
    Signal(i32),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NoGo => 3,
            Self::Undecided => 4,
            Self::Incomplete => 5,
            Self::Unusable => 6,
            Self::Temporary => 75,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
