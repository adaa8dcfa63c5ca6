//! The run record and the pages drawn from it.

pub mod estimates;
pub mod manifest;
pub mod pages;
pub mod record;
pub mod terminal;

pub use estimates::{EstimateRow, TaskOutcome, TaskStatus, Unit};
pub use manifest::Manifest;
pub use pages::{PageOptions, ReportError, write_derived};
pub use record::{
    Committed, Difference, DocumentRow, DocumentState, Record, RecordError, Span, Window,
};
pub use terminal::summary_table;
