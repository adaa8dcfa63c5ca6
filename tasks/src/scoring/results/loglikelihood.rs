//! One continuation's log-likelihood.

use super::super::metrics::{Metric, MetricPlan};
use super::Values;
use crate::score::MetricValue;

/// The response to a log-likelihood request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Likelihood {
    /// Natural logarithm of the continuation's probability.
    pub(in super::super) log_prob: f64,
    /// Whether greedy decoding would have written it.
    pub(in super::super) is_greedy: bool,
}

/// `acc` and `perplexity`; other metrics have no value here.
pub(in super::super) fn score_loglikelihood(plans: &[MetricPlan], response: Likelihood) -> Values {
    let value = |plan: &MetricPlan| match plan.metric {
        // A log-probability that is no number makes the greedy flag moot too.
        Metric::Acc if response.log_prob.is_nan() => Some(MetricValue::unscored("nan")),
        Metric::Acc => Some(MetricValue::right(response.is_greedy)),
        Metric::LogLikelihood => Some(MetricValue::number(response.log_prob)),
        _ => None,
    };
    plans.iter().filter_map(|plan| Some((plan.name.clone(), value(plan)?))).collect()
}
