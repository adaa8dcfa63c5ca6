//! Scores of a task, each with its doubt.
//!
//! The pipeline hands over aggregates with lm-eval's standard errors ([`EstimateRow`]). The
//! intervals are drawn here, from the per-document scores in the record: Wilson's for right and
//! wrong, a cluster bootstrap for everything else that is made of per-document numbers, and
//! value ± z · stderr for corpus metrics (BLEU, F1), which are not.

mod documents;
mod interval;
mod outcome;

#[cfg(test)]
pub(crate) use documents::DocumentKey;
pub(crate) use documents::{DocumentValue, ScoredDocument, TaskScores};
pub(crate) use interval::interval;
pub use outcome::{EstimateRow, TaskOutcome, TaskStatus, Unit};
