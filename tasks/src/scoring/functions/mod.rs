//! The Rust functions behind a task file's `!function` in scoring.
//!
//! Three places may name one:
//!
//! - `process_results: !function module.name` scores a document in place of
//!   the metrics' own code: [`ProcessResults`] takes the answer key and the
//!   filtered responses, one a request, and gives the metrics by name.
//! - `metric: !function module.name` in `metric_list` is a
//!   [`MetricFunction`] of the reference texts and the generated one; the
//!   metric is called by the last part of the name.
//! - `aggregation: !function module.name` joins documents.
//!
//! A name that is in none of the lists is an error that says what is.

mod char_f1;
mod extractive_match;
mod gsm8k_heb;
mod ja_leaderboard_mgsm;
mod matching;
mod registry;

pub use registry::{
    AGGREGATIONS, METRICS, MetricFunction, PROCESS_RESULTS, ProcessResults, SENTENCE_BLEU, Scorer,
    TLNLS, metric_names,
};
pub(super) use registry::{aggregation, metric, process_results};
