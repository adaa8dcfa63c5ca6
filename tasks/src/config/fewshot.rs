//! `fewshot_config`: where shots come from and how they are told.

use serde_json::{Map, Value};

use super::yaml::{Node, Section};
use super::{Choices, Field, FunctionName, Problem};
use crate::suggest;

/// lm-evaluation-harness's `fewshot_config` (`config/task.py`); `None`
/// inherits from the task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FewshotConfig {
    /// How shots are chosen.
    pub sampler: Sampler,
    /// The split that they come from.
    pub split: Option<String>,
    /// Fixed shots.
    pub samples: Option<Vec<Map<String, Value>>>,
    /// Replaces the task's `process_docs` for the pool.
    pub process_docs: Option<FunctionName>,
    /// Replaces the task's `doc_to_text`.
    pub doc_to_text: Option<Field>,
    /// Replaces the task's `doc_to_choice`.
    pub doc_to_choice: Option<Choices>,
    /// Replaces the task's `doc_to_target`.
    pub doc_to_target: Option<Field>,
    /// Replaces the task's `gen_prefix`.
    pub gen_prefix: Option<String>,
    /// Replaces the task's `fewshot_delimiter`.
    pub fewshot_delimiter: Option<String>,
    /// Replaces the task's `target_delimiter`.
    pub target_delimiter: Option<String>,
}

/// How shots are chosen from the pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sampler {
    /// `random.Random(seed).sample`, anew for each document.
    #[default]
    Default,
    /// The first n, for every document.
    FirstN,
    /// A function.
    Function(FunctionName),
}

impl Sampler {
    fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("sampler") else { return Self::Default };
        if let Some(name) = node.function() {
            return Self::Function(FunctionName(name.to_owned()));
        }
        match node.as_str() {
            Some("default") => Self::Default,
            Some("first_n") => Self::FirstN,
            other => {
                let name = other.unwrap_or(node.kind());
                let hint = suggest::hint(name, ["default", "first_n"]);
                let advice = format!(
                    "unknown sampler `{name}`{hint}; there are `default`, `first_n` and `!function` samplers"
                );
                let key = section.path("sampler");
                section.fail(node.at, Problem::Value { key, advice });
                Self::Default
            }
        }
    }

    /// The value for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Default => "default".into(),
            Self::FirstN => "first_n".into(),
            Self::Function(name) => name.to_string().into(),
        }
    }
}

impl FewshotConfig {
    pub(crate) fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("fewshot_config") else { return Self::default() };
        let Some(mut section) = Section::open(node, "fewshot_config.", section.errors()) else {
            return Self::default();
        };
        let config = Self {
            sampler: Sampler::take(&mut section),
            split: section.string("split"),
            samples: samples(&mut section),
            process_docs: section.function("process_docs"),
            doc_to_text: Field::take(&mut section, "doc_to_text"),
            doc_to_choice: Choices::take(&mut section, "doc_to_choice"),
            doc_to_target: Field::take(&mut section, "doc_to_target"),
            gen_prefix: section.string("gen_prefix"),
            fewshot_delimiter: section.string("fewshot_delimiter"),
            target_delimiter: section.string("target_delimiter"),
        };
        section
            .unsupported("fewshot_indices", "lm-evaluation-harness ignores it too; use `samples`");
        section.finish();
        config
    }
}

fn samples(section: &mut Section) -> Option<Vec<Map<String, Value>>> {
    if section.is_function("samples") {
        section.unsupported("samples", "Python functions are not run; list the samples");
    }
    let items = section.list("samples")?;
    Some(items.into_iter().filter_map(|item| sample(section, &item)).collect())
}

fn sample(section: &mut Section, item: &Node) -> Option<Map<String, Value>> {
    if let Value::Object(fields) = item.to_json() {
        return Some(fields);
    }
    let key = section.path("samples");
    let problem = Problem::WrongType { key, expected: "a list of mappings", found: item.kind() };
    section.fail(item.at.clone(), problem);
    None
}
