//! Scores of a task, each with its doubt.
//!
//! The pipeline hands over aggregates with lm-eval's standard errors ([`EstimateRow`]). The
//! intervals are drawn here, from the record: Wilson's for right and wrong, a cluster bootstrap for
//! everything else that follows from sums over documents (means, perplexities, and BLEU or F1
//! through what each document contributes), and value ± z · stderr for what is left.

mod documents;
mod interval;
mod outcome;
mod sums;

#[cfg(test)]
pub(crate) use documents::DocumentKey;
pub(crate) use documents::{DocumentValue, ScoredDocument, TaskScores};
pub(crate) use interval::interval;
pub use outcome::{EstimateRow, TaskOutcome, TaskStatus, Unit};
pub(crate) use sums::{formula, sums};
