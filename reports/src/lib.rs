//! The run record and the pages drawn from it.
//!
//! A run of the harness leaves one file behind, `run.db` ([`record`]): what the run is
//! ([`manifest`]), and for every document of every (model, task) the responses, the scores and
//! where the routers sent its tokens. Everything a person reads is drawn from that file and can
//! be drawn again: [`summary`] turns it into numbers with their doubt ([`estimates`]), and
//! [`pages`] and [`terminal`] show those. This crate runs no model and reads no benchmark; a
//! record is all it knows.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use harness_reports::{PageOptions, Record, summary_table, write_derived};
//!
//! let run = Path::new("runs/he-leaderboard");
//! let record = Record::read(run)?;
//! write_derived(&record, run, &PageOptions::default())?;
//! println!("{}", summary_table(&record, 80, false)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three promises hold. A window of documents is in the record wholly or not at all, whatever
//! ends the process. A derived file is replaced wholly or not at all. And no text of others,
//! whether an alias, a task's card or an error, can become markup, a formula or a terminal's
//! command.

pub mod estimates;
pub mod gate;
pub mod manifest;
pub mod pages;
pub mod record;
pub mod routing;
pub mod summary;
pub mod terminal;
#[cfg(test)]
mod testing;

pub use estimates::{EstimateRow, TaskOutcome, TaskStatus, Unit};
pub use manifest::Manifest;
pub use pages::{PageOptions, ReportError, model_folder, terminal_safe, write_derived};
pub use record::{
    Committed, Difference, DocumentDetails, DocumentRow, DocumentState, Record, RecordError, Span,
    TextSize, Window, Work,
};
pub use summary::Summary;
pub use terminal::summary_table;
