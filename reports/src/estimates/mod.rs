//! Scores of a task, each with its doubt.

mod outcome;

pub use outcome::{EstimateRow, TaskOutcome, TaskStatus, Unit};
