//! What the demo's checkpoints show: numbers that the harness measured, and the page drawn from
//! them.
//!
//! [`checkpoints`] takes what the page needs out of a run folder of the harness, [`Record`] is what is
//! kept of it beside the page, and [`page_of`] draws `RESULTS.md` from the record alone, so that
//! a test can draw it again.

mod claims;
mod figures;
mod page;
mod read;
mod record;
mod routing;
mod studies;

use std::path::Path;

pub use figures::entropy_figure;
pub use page::page;
pub use read::{ReadError, checkpoints, fertility};
pub use record::{CellScore, Checkpoint, Fertility, Record, TaskScore, Usage};
pub use studies::Study;

/// Where the record lies below the demo's folder.
pub const RECORD: &str = "results/record.json";

/// Draws the page from the record below the demo's folder, and from the tables that are there.
///
/// # Errors
/// The record is missing or damaged.
pub fn page_of(folder: &Path) -> Result<String, ReadError> {
    let record = Record::load(&folder.join(RECORD))?;
    Ok(page(&record, &studies::studies(folder)))
}

#[cfg(test)]
mod tests;
