//! The files drawn from a record.

mod names;
mod write;

pub use names::model_folder;
pub use write::{PageOptions, ReportError, write_derived};
