//! The files drawn from a record.

mod write;

pub use write::{PageOptions, ReportError, write_derived};
