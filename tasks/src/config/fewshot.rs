//! `fewshot_config`: where shots come from and how they are told.

use serde_json::{Map, Value};

use super::{Choices, Field, FunctionName};

/// lm-evaluation-harness's `fewshot_config`; `None` inherits from the task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FewshotConfig {
    /// How shots are chosen.
    pub sampler: Sampler,
    /// The split that they come from.
    pub split: Option<String>,
    /// Fixed shots.
    pub samples: Option<Vec<Map<String, Value>>>,
    /// Rows of the pool that may be drawn.
    pub indices: Option<Vec<usize>>,
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
