//! Why a document has no score.

use super::pattern::Timeout;

/// There is no score, for this reason: a state, not a failure of the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unscored(pub String);

impl Unscored {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<Timeout> for Unscored {
    fn from(timeout: Timeout) -> Self {
        Self(timeout.to_string())
    }
}
