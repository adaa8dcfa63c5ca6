use std::collections::HashSet;

use harness_models::{ForwardError, Model};

use super::budget::Budget;
use super::interrupt::Interrupt;
use super::outcome::WindowOutcome;
use super::window::WindowRun;
use crate::encode::{EncodeError, Pass, TextEncoder};
use crate::plan::Forest;

/// Why a window could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine refused or failed.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// Generated tokens could not be turned into text.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A signal asked to stop; nothing of the window is kept.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
}

/// Runs windows of one model.
pub struct Executor<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Its tokenizer.
    pub encoder: &'a TextEncoder,
    /// Tokens that end a generation: the tokenizer's EOS and those of generation_config.json.
    pub ends: HashSet<u32>,
    /// Tokens a batch.
    pub budget: &'a Budget,
    /// Whether routing is captured.
    pub routing: bool,
    /// Whether the experts of each token of a document's own prompt are kept.
    pub trace: bool,
    /// Whether each document's score sums are kept.
    pub keep_cell_scores: bool,
    /// Bytes of routing sums that may gather before they are added to the documents' counts. No count depends on it,
    /// but for what a document with a value that is not finite had counted before.
    pub held_sums: usize,
    /// Looked at between batches.
    pub interrupt: &'a Interrupt,
}

impl Executor<'_> {
    /// Runs all passes of a window; `passes` pairs each with the index of its document in the window.
    ///
    /// `progress` is called after each batch with the tokens it computed. Where a device has no memory for a batch,
    /// the window begins anew with half the budget.
    ///
    /// # Errors
    /// [`RunError`]; a non-finite value is no error but an answer.
    pub fn run(
        &self,
        passes: &[(usize, &Pass)],
        progress: &mut dyn FnMut(usize),
    ) -> Result<WindowOutcome, RunError> {
        loop {
            match self.run_within_budget(passes, progress) {
                Ok(outcome) => return Ok(outcome),
                Err(error) => self.budget.shrink(error)?,
            }
        }
    }

    fn run_within_budget(
        &self,
        passes: &[(usize, &Pass)],
        progress: &mut dyn FnMut(usize),
    ) -> Result<WindowOutcome, RunError> {
        let forest = Forest::new(passes, self.budget.tokens());
        let mut window = WindowRun::new(self, &forest, passes);
        while !window.is_done() {
            if let Some(signal) = self.interrupt.signal() {
                return Err(RunError::Interrupted(signal));
            }
            progress(window.step()?);
        }
        window.finish()
    }
}
