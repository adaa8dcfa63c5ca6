use std::cell::Cell;

use harness_models::ForwardError;

use super::executor::RunError;

/// Tokens below which a batch is not made smaller: less would not free much.
const LEAST: usize = 64;

/// How many tokens a batch may have, which shrinks where a device runs out of memory.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Budget {
    /// A budget of so many tokens.
    pub fn new(tokens: usize) -> Self {
        Self(Cell::new(tokens))
    }

    /// Tokens a batch.
    pub fn tokens(&self) -> usize {
        self.0.get()
    }

    /// Halves itself if that can help against the error; else hands the error back.
    pub(super) fn shrink(&self, error: RunError) -> Result<(), RunError> {
        let tokens = self.tokens() / 2;
        match error {
            RunError::Forward(ForwardError::OutOfMemory { reason, .. }) if tokens >= LEAST => {
                tracing::warn!("{reason}: going on with {tokens} tokens a batch");
                self.0.set(tokens);
                Ok(())
            }
            error => Err(error),
        }
    }
}
