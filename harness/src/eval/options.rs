use std::path::PathBuf;

use harness_models::{ComputeDevice, ComputeDtype};

use super::generation_override::GenerationOverride;

/// Everything that flags, environment and `harness.toml` settle before work begins.
#[derive(Debug, Clone)]
pub struct EvalOptions {
    /// Names of tasks and groups, as given.
    pub tasks: Vec<String>,
    /// Folders of task files beside the library.
    pub include_paths: Vec<PathBuf>,
    /// Folder of benchmark files in hub layout, looked at before the hub.
    pub data_dir: Option<PathBuf>,
    /// First documents of a task only.
    pub limit: Option<usize>,
    /// Shots in place of the task's own number.
    pub num_fewshot: Option<usize>,
    /// Few-shot seed.
    pub seed: u64,
    /// Generation options in place of the task's own, as given.
    pub gen_kwargs: Option<String>,
    /// The same, read.
    pub generation: GenerationOverride,
    /// Whether prompts go through the tokenizer's chat template.
    pub apply_chat_template: bool,
    /// System instruction, in front of everything.
    pub system_instruction: Option<String>,
    /// Whether shots become turns of a chat.
    pub fewshot_as_multiturn: bool,
    /// The chat template's `enable_thinking`; undefined when absent.
    pub enable_thinking: Option<bool>,
    /// Tokens a batch.
    pub batch_tokens: usize,
    /// What runs the models.
    pub device: ComputeDevice,
    /// What weights are held and products are computed in.
    pub dtype: ComputeDtype,
    /// Longest sequence; the model's own limit when absent.
    pub max_length: Option<usize>,
    /// Whether routing is captured.
    pub routing: bool,
    /// Whether the experts of each token of a document's own prompt are kept.
    pub routing_trace: bool,
    /// Whether a group's routing probe runs with it.
    pub probe: bool,
    /// Whether documents and prompts are kept for samples files.
    pub log_samples: bool,
    /// Largest share of unscored documents of a task that still counts as success.
    pub fail_on_error: f64,
}
