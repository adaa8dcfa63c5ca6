//! What a run is: everything that must be equal for two processes to add to one record.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The whole description of a run, written before the first document and compared on resume.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Settings that hold for every model and task.
    pub run: RunManifest,
    /// Checkpoints by alias, in the order in which they are shown.
    pub models: IndexMap<String, ModelManifest>,
    /// Tasks by name, in the order in which they are shown.
    pub tasks: IndexMap<String, TaskManifest>,
    /// Groups that were asked for.
    pub groups: Vec<GroupManifest>,
}

/// Settings that hold for every model and task of a run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RunManifest {
    /// Version of the program. Recorded, never compared: see `scoring_version`.
    pub harness_version: String,
    /// Raised whenever a change of the program changes a score, a prompt or a count.
    pub scoring_version: u32,
    /// `cpu`, `cuda:0`, …
    pub device: String,
    /// Compute type: `f32`, `bf16`, `f16`.
    pub dtype: String,
    /// Token budget of a batch.
    pub batch_tokens: usize,
    /// Context limit, where one was given.
    pub max_length: Option<usize>,
    /// Documents a task, where limited.
    pub limit: Option<usize>,
    /// Shots, where overridden.
    pub num_fewshot: Option<usize>,
    /// Few-shot seed.
    pub seed: u64,
    /// Whether prompts go through the tokenizer's chat template.
    pub chat_template: bool,
    /// System instruction, if any.
    pub system_instruction: Option<String>,
    /// Whether shots are chat turns.
    pub fewshot_as_multiturn: bool,
    /// The chat template's `enable_thinking`; undefined when absent.
    #[serde(default)]
    pub enable_thinking: Option<bool>,
    /// Generation options that override a task's, as given.
    pub gen_kwargs: Option<String>,
    /// Whether routing is captured.
    pub routing: bool,
    /// Whether the experts of each token of a document's own prompt are kept.
    #[serde(default)]
    pub routing_trace: bool,
    /// Whether documents and prompts are kept for samples files.
    pub log_samples: bool,
}

/// One checkpoint.
///
/// `source`, `stage`, `family`, `parent`, `compare_to` and `loss` describe; they may be corrected
/// between two sessions of a run. The digests identify, and must not change.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelManifest {
    /// Directory, or `org/name@commit`.
    pub source: String,
    /// `base`, `cpt`, `sft`, … where the configuration says so.
    pub stage: Option<String>,
    /// Lineage to which the checkpoint belongs.
    pub family: Option<String>,
    /// Alias of the checkpoint from which this one was trained.
    pub parent: Option<String>,
    /// Alias of the checkpoint with which this one is compared.
    pub compare_to: Option<String>,
    /// How its training went, where harness.toml names the trainer's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossCurve>,
    /// Digest of the weights.
    pub weights_digest: String,
    /// Digest of the tokenizer.
    pub tokenizer_digest: String,
    /// Digest of the chat template, where one is used.
    pub chat_template_digest: Option<String>,
    /// Architecture as the engine describes it.
    pub architecture: Value,
    /// The routers; `None` for a dense model or when routing is not captured.
    pub router: Option<RouterManifest>,
}

/// The loss of a training run, step by step.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LossCurve {
    /// Steps, in the log's order.
    pub steps: Vec<u64>,
    /// The loss at each.
    pub losses: Vec<f64>,
    /// Lines of the log left out because their loss is not finite.
    #[serde(default)]
    pub not_finite: usize,
}

/// The routers of one checkpoint.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RouterManifest {
    /// `softmax`, `sigmoid`, …
    pub score_function: String,
    /// Routed experts a layer.
    pub experts: usize,
    /// Experts chosen for a token.
    pub top_k: usize,
    /// Experts that every token passes, reported but never counted as routed.
    pub shared_experts: usize,
    /// Layer number, among all layers, of each MoE layer.
    pub moe_layers: Vec<usize>,
    /// How much the engine sees.
    pub capture: Capture,
}

/// How much of a router's decision the engine sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// Scores over all experts, selected ids and weights.
    #[default]
    Full,
    /// Selected ids only (a server that returns no scores): no selection entropy, no score sums.
    Ids,
}

/// One task.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TaskManifest {
    /// The task's version, as in lm-eval's `versions`.
    pub version: String,
    /// Digest of the resolved configuration.
    pub task_digest: String,
    /// Digest of the data files; `None` while `missing`.
    pub data_digest: Option<String>,
    /// Resolved configuration, as in lm-eval's `configs`.
    pub config: Value,
    /// What it asks, source, licence, choices of our own.
    pub card: Value,
    /// `multiple_choice`, `loglikelihood`, `loglikelihood_rolling`, `generate_until`.
    pub output_type: String,
    /// Shots in use.
    pub num_fewshot: usize,
    /// Languages of the task's text.
    pub language: Language,
    /// knowledge, reasoning, commonsense, understanding, translation, probe.
    pub category: Option<String>,
    /// The metric shown in summary tables and taken into group averages.
    pub headline: Option<MetricName>,
    /// How many answers there are to choose from, where the answer is written; the responses say it
    /// of a multiple-choice task.
    #[serde(default)]
    pub answer_options: Option<usize>,
    /// Task whose place this one takes because that one's data cannot be had.
    pub stand_in_for: Option<String>,
    /// A routing probe: runs with its group, weighs nothing in averages.
    pub probe: bool,
    /// Why there are no data and how to get them. A task that was missing may become present.
    pub missing: Option<String>,
}

impl TaskManifest {
    /// Whether it is plain text to predict and no benchmark: run as a group's probe, or of the
    /// category of probes.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.probe || self.category.as_deref() == Some("probe")
    }
}

/// A metric under one filter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct MetricName {
    /// `acc`, `exact_match`, …
    pub metric: String,
    /// Name of the filter pipeline; lm-eval's default is `none`.
    pub filter: String,
}

/// Languages of a task's text, BCP-47.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Language {
    /// Of the question; `und` if unknown.
    pub question: String,
    /// Of the continuation; differs in translation.
    pub continuation: String,
}

impl Default for Language {
    fn default() -> Self {
        Self::only("und")
    }
}

impl Language {
    /// One language throughout.
    #[must_use]
    pub fn only(tag: &str) -> Self {
        Self { question: tag.to_owned(), continuation: tag.to_owned() }
    }

    /// The language, where question and continuation agree and it is known. Tasks of two
    /// languages enter no language-level routing measure.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        (self.question == self.continuation && self.question != "und").then_some(&*self.question)
    }
}

/// One group of tasks.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct GroupManifest {
    /// Name on the command line.
    pub name: String,
    /// Name for readers.
    pub title: String,
    /// Leaf tasks, in order, those of groups inside it too.
    pub tasks: Vec<String>,
    /// The groups right inside it, which are groups of the run too.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Averages that the group defines; empty = none.
    pub aggregate: Vec<AggregateManifest>,
    /// Tasks that run as its routing probe.
    pub routing_probe: Vec<String>,
    /// Leaf task → task that takes its place when its data are missing.
    pub stand_ins: BTreeMap<String, String>,
}

/// One average of a group, as in lm-eval's `aggregate_metric_list`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AggregateManifest {
    /// Metric to average; [`HEADLINE`] takes each task's own headline metric, on 0-100, and a
    /// group inside the group counts as one task.
    pub metric: String,
    /// Filters to average, each by itself; not looked at for [`HEADLINE`].
    pub filters: Vec<String>,
    /// Weight tasks by documents (lm-eval's default), or alike.
    pub weight_by_size: bool,
}

/// As [`AggregateManifest::metric`]: average each task's own headline metric.
pub const HEADLINE: &str = "headline";
