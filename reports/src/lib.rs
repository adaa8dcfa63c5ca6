//! The run record and the pages drawn from it.

pub mod estimates;
pub mod manifest;
pub mod pages;
pub mod record;
pub mod terminal;
#[cfg(test)]
mod testing;

pub use estimates::{EstimateRow, TaskOutcome, TaskStatus, Unit};
pub use manifest::Manifest;
pub use pages::{PageOptions, ReportError, model_folder, write_derived};
pub use record::{
    Committed, Difference, DocumentRow, DocumentState, Record, RecordError, Span, Window, Work,
};
pub use terminal::summary_table;
