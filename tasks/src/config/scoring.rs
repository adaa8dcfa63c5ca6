//! `metric_list` and `filter_list`.

use serde_json::{Map, Value};

use super::yaml::{Node, Section};
use super::{ConfigError, FunctionName, OutputType, Problem};

/// A registered name, or a function that the task file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameOrFunction {
    /// A name that the scoring half knows.
    Name(String),
    /// `!function module.name`.
    Function(FunctionName),
}

impl NameOrFunction {
    /// The name, or the function's last part, which names results.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Function(FunctionName(path)) => path.rsplit('.').next().unwrap_or(path),
        }
    }

    /// The value for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Name(name) => name.as_str().into(),
            Self::Function(name) => name.to_string().into(),
        }
    }

    fn of(node: &Node) -> Option<Self> {
        match node.function() {
            Some(name) => Some(Self::Function(FunctionName(name.to_owned()))),
            None => node.as_str().map(|name| Self::Name(name.to_owned())),
        }
    }

    fn take(section: &mut Section, key: &'static str) -> Option<Self> {
        let node = section.take(key)?;
        let taken = Self::of(&node);
        if taken.is_none() {
            let problem = Problem::WrongType {
                key: section.path(key),
                expected: "a name or a function",
                found: node.kind(),
            };
            section.fail(node.at, problem);
        }
        taken
    }

    fn require(section: &mut Section, key: &'static str, advice: &'static str) -> Option<Self> {
        let errors = section.errors().len();
        let taken = Self::take(section, key);
        if taken.is_none() && section.errors().len() == errors {
            let at = section.position();
            let problem = Problem::Missing { key: section.path(key), advice };
            section.fail(at, problem);
        }
        taken
    }
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

impl MetricConfig {
    fn read(node: Node, output: OutputType, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let mut section = Section::open(node, "metric_list.", errors)?;
        let metric = NameOrFunction::require(&mut section, "metric", "name the metric");
        let aggregation = NameOrFunction::take(&mut section, "aggregation");
        let higher_is_better = section.boolean("higher_is_better");
        // Only generated text is given to a metric's own code.
        if output == OutputType::GenerateUntil {
            section.unsupported("hf_evaluate", "metrics of the `evaluate` package are Python code");
        }
        let _ = section.take("hf_evaluate");
        Some(Self { metric: metric?, aggregation, higher_is_better, options: section.rest() })
    }

    pub(crate) fn take_list(section: &mut Section, output: OutputType) -> Option<Vec<Self>> {
        let items = section.list("metric_list")?;
        Some(
            items
                .into_iter()
                .filter_map(|item| Self::read(item, output, section.errors()))
                .collect(),
        )
    }

    /// The entry for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("metric".into(), self.metric.to_json());
        if let Some(aggregation) = &self.aggregation {
            fields.insert("aggregation".into(), aggregation.to_json());
        }
        if let Some(higher) = self.higher_is_better {
            fields.insert("higher_is_better".into(), higher.into());
        }
        fields.extend(self.options.clone());
        fields.into()
    }
}

/// One entry of `filter_list`: a named pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterConfig {
    /// The pipeline's name, which names a column of results.
    pub name: String,
    /// Its steps, in order.
    pub filter: Vec<FilterStep>,
}

impl FilterConfig {
    fn read(node: Node, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let mut section = Section::open(node, "filter_list.", errors)?;
        let name = section.string("name");
        let steps = section.list("filter").unwrap_or_default();
        let filter =
            steps.into_iter().filter_map(|step| FilterStep::read(step, section.errors())).collect();
        if name.is_none() {
            let at = section.position();
            let key = section.path("name");
            section.fail(at, Problem::Missing { key, advice: "name the pipeline" });
        }
        section.finish();
        Some(Self { name: name?, filter })
    }

    pub(crate) fn take_list(section: &mut Section) -> Option<Vec<Self>> {
        let items = section.list("filter_list")?;
        Some(items.into_iter().filter_map(|item| Self::read(item, section.errors())).collect())
    }

    /// The entry for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Value = self.filter.iter().map(FilterStep::to_json).collect();
        serde_json::json!({"name": self.name, "filter": steps})
    }
}

/// One step of a filter pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterStep {
    /// The filter.
    pub function: NameOrFunction,
    /// Every other key: the filter's options.
    pub options: Map<String, Value>,
}

impl FilterStep {
    fn read(node: Node, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let mut section = Section::open(node, "filter_list.filter.", errors)?;
        let function = NameOrFunction::require(&mut section, "function", "name the filter")?;
        Some(Self { function, options: section.rest() })
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("function".into(), self.function.to_json());
        fields.extend(self.options.clone());
        fields.into()
    }
}
