//! From filtered responses to metrics, by output type.
//!
//! Source: lm-evaluation-harness `api/task.py`,
//! `ConfigurableTask.process_results`.

mod argmax;
mod generated;
mod loglikelihood;
mod multiple_choice;
mod rolling;

use indexmap::IndexMap;

pub(super) use generated::score_generated;
pub(super) use loglikelihood::{Likelihood, score_loglikelihood};
pub(super) use multiple_choice::score_choices;
pub(super) use rolling::score_rolling;

use crate::score::MetricValue;

/// The metrics of one document by name.
pub(super) type Values = IndexMap<String, MetricValue>;
