//! A task file's keys, checked and with their defaults.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Choices, FewshotConfig, Field, FilterConfig, FunctionName, Metadata, MetricConfig};
use crate::data::DatasetRef;

/// The request types of lm-evaluation-harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputType {
    /// One continuation's probability.
    Loglikelihood,
    /// A whole text's probability.
    LoglikelihoodRolling,
    /// Free text.
    GenerateUntil,
    /// The most probable of several continuations.
    MultipleChoice,
}

/// A task file, with includes merged and defaults filled in.
///
/// Keys and defaults are those of lm-evaluation-harness's `config/task.py`.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskConfig {
    /// The task's name.
    pub task: String,
    /// The name that tables show.
    pub task_alias: Option<String>,
    /// Names under which several tasks are selected at once.
    pub tag: Vec<String>,
    /// Where the documents are.
    pub dataset: DatasetRef,
    /// The split for training.
    pub training_split: Option<String>,
    /// The split for validation.
    pub validation_split: Option<String>,
    /// The split for testing.
    pub test_split: Option<String>,
    /// The split of the few-shots.
    pub fewshot_split: Option<String>,
    /// Rewrites all documents of a split.
    pub process_docs: Option<FunctionName>,
    /// The question.
    pub doc_to_text: Option<Field>,
    /// The answer.
    pub doc_to_target: Option<Field>,
    /// The choices.
    pub doc_to_choice: Option<Choices>,
    /// Scores a document in place of the metrics' own code.
    pub process_results: Option<FunctionName>,
    /// Stands once before everything.
    pub description: String,
    /// Between question and answer.
    pub target_delimiter: String,
    /// Between shots.
    pub fewshot_delimiter: String,
    /// Where shots come from.
    pub fewshot_config: FewshotConfig,
    /// How many shots; `None` is 0 unless the user asks for more.
    pub num_fewshot: Option<usize>,
    /// The metrics; `None` takes those of the output type.
    pub metric_list: Option<Vec<MetricConfig>>,
    /// The kind of request.
    pub output_type: OutputType,
    /// How text is generated.
    pub generation_kwargs: Option<Map<String, Value>>,
    /// How often each request is asked.
    pub repeats: usize,
    /// The filter pipelines; `None` is one named `none` that takes the first.
    pub filter_list: Option<Vec<FilterConfig>>,
    /// What the answer begins with, given to the model.
    pub gen_prefix: Option<String>,
    /// Card, language, category, cluster, version.
    pub metadata: Metadata,
}
