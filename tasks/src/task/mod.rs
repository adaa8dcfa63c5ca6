//! A task: its file, its templates and the functions that the file names.

mod build;
mod check;
mod columns;
mod data;
mod error;
mod info;
mod targets;
mod values;

pub use build::Task;
pub use data::TaskData;
pub use error::TaskError;
