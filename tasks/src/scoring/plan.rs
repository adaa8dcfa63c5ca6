//! How a task scores, resolved once.

use super::ScoringError;
use super::filters::Pipeline;
use super::functions::{self, ProcessResults};
use super::metrics::MetricPlan;
use crate::config::{FunctionName, TaskConfig};

/// A task's filters, metrics and functions, compiled.
#[derive(Clone, Debug)]
pub struct Scoring {
    /// The filter pipelines, each a column of results.
    pub pipelines: Vec<Pipeline>,
    /// The metrics, in the order of the task file.
    pub metrics: Vec<MetricPlan>,
    /// What scores documents in place of the metrics' own code.
    pub(super) process_results: Option<ProcessResults>,
}

/// lm-evaluation-harness leaves such metrics out without a word.
fn warn_of_idle(config: &TaskConfig, metrics: &[MetricPlan]) {
    let given = config.process_results.is_some();
    let idle = metrics.iter().filter(|plan| !given && !plan.metric.applies_to(config.output_type));
    for MetricPlan { name, .. } in idle {
        tracing::warn!(
            "task {}: metric `{name}` has no value for {} and is left out",
            config.task,
            config.output_type.name()
        );
    }
}

impl Scoring {
    /// Resolves what a task file says about scoring.
    ///
    /// # Errors
    /// What cannot be honoured of `filter_list`, `metric_list` and
    /// `process_results`; [`ScoringError::key`] says under which key it stands.
    pub fn compile(config: &TaskConfig) -> Result<Self, Vec<ScoringError>> {
        let named = |FunctionName(name): &FunctionName| functions::process_results(name);
        let process_results = config.process_results.as_ref().map(named).transpose();
        match (Pipeline::of_task(config), MetricPlan::of_task(config), process_results) {
            (Ok(pipelines), Ok(metrics), Ok(process_results)) => {
                warn_of_idle(config, &metrics);
                Ok(Self { pipelines, metrics, process_results })
            }
            (pipelines, metrics, process_results) => {
                let errors = [pipelines.err(), metrics.err(), process_results.err()];
                Err(errors.into_iter().flatten().collect())
            }
        }
    }

    /// The metric of this name; one that only `process_results` knows is a mean.
    #[must_use]
    pub fn metric(&self, name: &str) -> MetricPlan {
        let known = self.metrics.iter().find(|plan| plan.name == name);
        known.cloned().unwrap_or_else(|| MetricPlan::given(name))
    }
}
