//! The metrics of a task, resolved.

use serde_json::Map;

use super::super::ScoringError;
use super::super::aggregation::Aggregation;
use super::super::functions;
use super::{METRICS, Metric, Registered, Scale};
use crate::config::{FunctionName, MetricConfig, NameOrFunction, OutputType, TaskConfig};

/// One metric of a task: what is kept, how it is joined, which way is better.
#[derive(Clone, Debug)]
pub struct MetricPlan {
    /// Its name in results: the metric's, or the last part of a function's.
    pub name: String,
    /// What is kept of a document.
    pub metric: Metric,
    /// How documents are joined.
    pub aggregation: Aggregation,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// What its numbers range over.
    pub scale: Scale,
}

impl MetricPlan {
    /// The metrics of a task: those of `metric_list`, or the output type's.
    ///
    /// # Errors
    /// If a metric, an aggregation or a function is unknown, or an option is bad.
    pub fn of_task(config: &TaskConfig) -> Result<Vec<Self>, ScoringError> {
        let given = config.process_results.is_some();
        match &config.metric_list {
            Some(list) => list.iter().map(|entry| Self::compile(entry, given)).collect(),
            None => {
                defaults(config.output_type).iter().map(|name| Self::default_of(name)).collect()
            }
        }
    }

    fn default_of(name: &str) -> Result<Self, ScoringError> {
        Self::from_registry(registered(name)?, &Map::new())
    }

    /// A metric that only a `process_results` function knows of: a mean.
    #[must_use]
    pub fn given(name: &str) -> Self {
        let known = Metric::registered(name);
        Self {
            name: name.to_owned(),
            metric: Metric::Given,
            aggregation: known.map_or(Aggregation::Mean, |entry| entry.aggregation),
            higher_is_better: known.is_none_or(|entry| entry.higher_is_better),
            scale: known.map_or(Scale::Unbounded, |entry| entry.scale),
        }
    }

    fn compile(entry: &MetricConfig, given: bool) -> Result<Self, ScoringError> {
        let mut plan = match &entry.metric {
            NameOrFunction::Name(name) if given => Self::given(name),
            NameOrFunction::Name(name) => Self::from_registry(registered(name)?, &entry.options)?,
            NameOrFunction::Function(FunctionName(name)) => Self::from_function(name)?,
        };
        if let Some(aggregation) = &entry.aggregation {
            plan.aggregation = Aggregation::compile(aggregation)?;
        }
        plan.higher_is_better = entry.higher_is_better.unwrap_or(plan.higher_is_better);
        Ok(plan)
    }

    fn from_registry(
        entry: &Registered,
        options: &Map<String, serde_json::Value>,
    ) -> Result<Self, ScoringError> {
        Ok(Self {
            name: entry.name.to_owned(),
            metric: entry.make(options)?,
            aggregation: entry.aggregation,
            higher_is_better: entry.higher_is_better,
            scale: entry.scale,
        })
    }

    fn from_function(name: &str) -> Result<Self, ScoringError> {
        let function = functions::metric(name)?;
        Ok(Self {
            name: function.metric_name().to_owned(),
            metric: Metric::Function(function),
            aggregation: function.aggregation,
            higher_is_better: true,
            scale: function.scale,
        })
    }
}

fn registered(name: &str) -> Result<&'static Registered, ScoringError> {
    Metric::registered(name).ok_or_else(|| ScoringError::Unknown {
        kind: "metric",
        name: name.to_owned(),
        known: METRICS.iter().map(|entry| entry.name).collect(),
    })
}

/// `DEFAULT_METRIC_REGISTRY` of `api/registry.py`.
fn defaults(output_type: OutputType) -> &'static [&'static str] {
    match output_type {
        OutputType::Loglikelihood => &["perplexity", "acc"],
        OutputType::LoglikelihoodRolling => {
            &["word_perplexity", "byte_perplexity", "bits_per_byte"]
        }
        OutputType::MultipleChoice => &["acc", "acc_norm"],
        OutputType::GenerateUntil => &["exact_match"],
    }
}
