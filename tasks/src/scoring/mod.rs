//! Filters, metrics and aggregations.

mod error;
pub mod filters;
mod options;
pub mod pattern;
mod unscored;

pub use error::ScoringError;
pub use unscored::Unscored;
