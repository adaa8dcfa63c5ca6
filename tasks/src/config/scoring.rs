//! `metric_list` and `filter_list`.

use serde_json::{Map, Value};

use super::FunctionName;

/// A registered name, or a function that the task file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameOrFunction {
    /// A name that the scoring half knows.
    Name(String),
    /// `!function module.name`.
    Function(FunctionName),
}

/// One entry of `metric_list`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricConfig {
    /// The metric.
    pub metric: NameOrFunction,
    /// How documents are joined; `None` takes the metric's own.
    pub aggregation: Option<NameOrFunction>,
    /// Which way is better; `None` takes the metric's own.
    pub higher_is_better: Option<bool>,
    /// Every other key: the metric's options.
    pub options: Map<String, Value>,
}

/// One entry of `filter_list`: a named pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterConfig {
    /// The pipeline's name, which names a column of results.
    pub name: String,
    /// Its steps, in order.
    pub filter: Vec<FilterStep>,
}

/// One step of a filter pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterStep {
    /// The filter.
    pub function: NameOrFunction,
    /// Every other key: the filter's options.
    pub options: Map<String, Value>,
}
