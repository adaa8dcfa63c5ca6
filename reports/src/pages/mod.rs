//! The files drawn from a record.
//!
//! Every file is built from the same [`Summary`](crate::summary::Summary), written beside its
//! place, flushed to the disk and renamed into it: whoever looks sees the old file or the new
//! one.

mod atomic;
mod caveats;
mod comparison_rows;
mod comparisons;
pub(crate) mod differences_text;
pub(crate) mod differences_view;
mod figures;
mod flips;
pub(crate) mod format;
mod lead;
mod leaderboard;
mod leaderboard_routing;
mod link_sheet;
mod link_text;
mod link_text_across;
mod link_view;
mod names;
mod render;
mod results_json;
mod routing_json;
mod routing_view;
mod samples;
mod scores_view;
mod sheets;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod write;

pub use comparisons::{ComparisonFormat, comparison_page};
pub use leaderboard::write_leaderboard;
pub use names::model_folder;
pub use results_json::TIME_KEYS;
pub(crate) use routing_json::pair as pair_json;
pub use text::terminal_safe;
pub(crate) use text::{cell, markdown};
pub use write::{PageOptions, ReportError, write_derived, write_pages};
