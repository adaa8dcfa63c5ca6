//! What counts as right: filters, metrics and aggregations.
//!
//! A document's responses pass three stations. [`filters`] turn each response
//! into an answer. [`metrics`] (or a function of [`functions`]) compare the
//! answers of one document to its [`AnswerKey`] and leave a
//! [`MetricValue`](crate::score::MetricValue) each. When all documents are
//! there, [`aggregation`] joins the values of each metric into an
//! [`Aggregate`] with a standard error.
//!
//! Names, defaults and arithmetic are lm-evaluation-harness 0.4.13's. Two
//! things are not: what cannot be scored is [`Unscored`] with a reason,
//! instead of counting as wrong or stopping the run, and is left out of
//! averages and counted; and a group with a missing task has no average.

pub mod aggregation;
mod error;
pub mod filters;
pub mod functions;
mod key;
pub mod metrics;
mod options;
pub mod pattern;
mod plan;
mod results;
mod task;
mod unscored;

pub use aggregation::{Aggregate, AggregateOptions};
pub use error::ScoringError;
pub use key::AnswerKey;
pub use plan::Scoring;
pub use task::MetricColumn;
pub use unscored::Unscored;
