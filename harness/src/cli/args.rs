use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use harness_models::{ComputeDevice, ComputeDtype};

use crate::bench::Workload;

/// Scores Mixture-of-Experts language models on Hebrew and Japanese benchmarks and records, in the same forward
/// passes, where the router sent each token.
#[derive(Debug, Parser)]
#[command(name = "harness", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Score models and capture their routing; resumes by itself
    Eval(EvalArgs),
    /// Show prompts, token ids and token counts of what `eval` would run; loads no weights
    Plan(PlanArgs),
    /// Rebuild every derived file of a run from its record; of several runs, one leaderboard page
    Report(ReportArgs),
    /// Compare models of one or more runs on the same documents
    Compare(CompareArgs),
    /// Judge checkpoints by a policy: GO (0), NO-GO (3) or not decided (4)
    Gate(GateArgs),
    /// Join records made apart, a checkpoint or a task a job, into one run
    Merge(MergeArgs),
    /// Check every row of a record against its digest, and what is unfinished
    Verify(VerifyArgs),
    /// Routing measures of a run or of other programs' files; export
    Routing(super::routing_args::RoutingArgs),
    /// List, show and check tasks
    Tasks(TasksArgs),
    /// Describe a checkpoint without loading its weights
    Models(ModelsArgs),
    /// Measure the engine on a random checkpoint
    Bench(BenchArgs),
    /// Write a commented harness.toml
    Init(InitArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

/// Flags that say what is asked of which models; shared by `eval` and `plan`.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Models: aliases of harness.toml, alias=SOURCE, folders or org/name[@revision]; all of harness.toml if absent
    #[arg(long, value_delimiter = ',', env = "HARNESS_MODELS")]
    pub models: Vec<String>,
    /// Tasks and groups (see `harness tasks list`)
    #[arg(long, value_delimiter = ',', required = true, env = "HARNESS_TASKS")]
    pub tasks: Vec<String>,
    /// Folder of further task files in lm-evaluation-harness's format (repeatable)
    #[arg(long, value_name = "DIR", env = "HARNESS_INCLUDE_PATH")]
    pub include_path: Vec<PathBuf>,
    /// Folder of benchmark files: <owner>/<name>/<config>/<split>.{jsonl,json,csv,tsv,parquet}
    #[arg(long, value_name = "DIR", env = "HARNESS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: harness.toml, if there is one]
    #[arg(long, value_name = "FILE", env = "HARNESS_CONFIG")]
    pub config: Option<PathBuf>,
    /// Only the first N documents of each task
    #[arg(long, value_name = "N", env = "HARNESS_LIMIT")]
    pub limit: Option<usize>,
    /// Few-shot examples in place of each task's own number (a task that fixes 0 keeps 0)
    #[arg(long, value_name = "N", env = "HARNESS_NUM_FEWSHOT")]
    pub num_fewshot: Option<usize>,
    /// Few-shot seed
    #[arg(long, default_value_t = 1234, env = "HARNESS_SEED")]
    pub seed: u64,
    /// Generation options in place of each task's own: max_gen_toks=N, until=TEXT
    #[arg(long, value_name = "KEY=VALUE,…", env = "HARNESS_GEN_KWARGS")]
    pub gen_kwargs: Option<String>,
    /// Wrap prompts in the tokenizer's chat template
    #[arg(long, env = "HARNESS_APPLY_CHAT_TEMPLATE")]
    pub apply_chat_template: bool,
    /// System instruction in front of everything
    #[arg(long, value_name = "TEXT", env = "HARNESS_SYSTEM_INSTRUCTION")]
    pub system_instruction: Option<String>,
    /// Few-shots as turns of the chat [default: true with --apply-chat-template]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", env = "HARNESS_FEWSHOT_AS_MULTITURN")]
    pub fewshot_as_multiturn: Option<bool>,
    /// What templates of reasoning models know as enable_thinking [default: the template's own]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", env = "HARNESS_ENABLE_THINKING")]
    pub enable_thinking: Option<bool>,
    /// Tokens a forward pass: bounds memory, and with it the window that is committed at once [default: 4096, less
    /// on a machine with little memory]
    #[arg(long, value_name = "N", env = "HARNESS_BATCH_TOKENS")]
    pub batch_tokens: Option<usize>,
    /// What to compute in: auto is f32 and keeps bf16 weights as they are in memory (the numbers are the same), and
    /// bf16 on accelerators; bf16 rounds weights and activations of products
    #[arg(long, value_enum, default_value = "auto", env = "HARNESS_DTYPE")]
    pub dtype: Dtype,
    /// Longest sequence in tokens; longer prompts are cut on the left [default: the model's own limit]
    #[arg(long, value_name = "N", env = "HARNESS_MAX_LENGTH")]
    pub max_length: Option<usize>,
    /// Skip the routing probe that a group brings with it
    #[arg(long, env = "HARNESS_NO_PROBE")]
    pub no_probe: bool,
}

/// What to compute in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dtype {
    /// f32, where bf16 weights stay bf16 in memory; bf16 on accelerators
    Auto,
    /// f32, weights in memory too
    F32,
    /// bf16 weights and activations, f32 sums
    Bf16,
}

impl From<Dtype> for ComputeDtype {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::Auto => ComputeDtype::Auto,
            Dtype::F32 => ComputeDtype::F32,
            Dtype::Bf16 => ComputeDtype::Bf16,
        }
    }
}

/// Flags of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// What is asked of which models.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Run folder [default: runs/<tasks>]
    #[arg(long, value_name = "DIR", env = "HARNESS_OUTPUT")]
    pub output: Option<PathBuf>,
    /// Start a new run beside the folder if that holds a different one
    #[arg(long, env = "HARNESS_FORK")]
    pub fork: bool,
    /// Keep documents and prompts, and write samples_TASK.jsonl
    #[arg(long, env = "HARNESS_LOG_SAMPLES")]
    pub log_samples: bool,
    /// Do not capture routing
    #[arg(long, env = "HARNESS_NO_ROUTING")]
    pub no_routing: bool,
    /// Keep the experts of each token of a document's own prompt (2 bytes × layers × top-k a token before
    /// compression): co-activation, and agreement of checkpoints token by token
    #[arg(long, conflicts_with = "no_routing", env = "HARNESS_ROUTING_TRACE")]
    pub routing_trace: bool,
    /// Where to compute: auto (an accelerator if this build and machine have one), cpu, cuda[:N], metal[:N]
    #[arg(long, default_value = "auto", env = "HARNESS_DEVICE")]
    pub device: ComputeDevice,
    /// Read whole weight files for their digests, not only headers, sizes and times
    #[arg(long, env = "HARNESS_VERIFY_WEIGHTS")]
    pub verify_weights: bool,
    /// Share of unscored documents of a task above which the exit code is 5
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, env = "HARNESS_FAIL_ON_ERROR")]
    pub fail_on_error: f64,
    /// No progress on stderr
    #[arg(long, short, env = "HARNESS_QUIET")]
    pub quiet: bool,
    /// Results as JSON on stdout in place of tables
    #[arg(long, env = "HARNESS_JSON")]
    pub json: bool,
}

/// Flags of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What would be asked of which models.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Documents of each task whose prompts and token ids are shown
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub show: usize,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run folder; with several, their models are put on one leaderboard page
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder of the leaderboard page [default: where the first run's folder lies]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// No tables on stdout, only files
    #[arg(long, short)]
    pub quiet: bool,
}

/// Flags of `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The run folders; they stay as they are
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The folder of the joint run; a record that is there takes part
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// No tables on stdout, only files
    #[arg(long, short)]
    pub quiet: bool,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Take damaged windows and those after them out, so that the next eval redoes them
    #[arg(long)]
    pub repair: bool,
}

/// Flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Run folders; a model that several of them have is called RUN/ALIAS
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Model that the others are compared with [default: each model's compare_to and parent]
    #[arg(long, value_name = "ALIAS", env = "HARNESS_BASELINE")]
    pub baseline: Option<String>,
    /// Only these models
    #[arg(long, value_delimiter = ',')]
    pub models: Vec<String>,
    /// Form of the output
    #[arg(long, value_parser = ["table", "md", "html", "csv", "json"], default_value = "table")]
    pub format: String,
    /// Scores are called the same when they are shown to differ by fewer points than this
    #[arg(long, value_name = "POINTS", default_value_t = 2.0)]
    pub margin: f64,
}

/// Flags of `gate`.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Run folders; a model that several of them have is called RUN/ALIAS
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The policy, a TOML file (see demo/gate.toml)
    #[arg(long, value_name = "FILE", env = "HARNESS_POLICY")]
    pub policy: PathBuf,
    /// Models to judge [default: the policy's candidates, else every model that has a baseline]
    #[arg(long, value_delimiter = ',')]
    pub models: Vec<String>,
    /// Model that they are compared with [default: the policy's, else each model's compare_to or parent]
    #[arg(long, value_name = "ALIAS", env = "HARNESS_BASELINE")]
    pub baseline: Option<String>,
    /// Write JUnit XML here
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the verdict here, as JSON
    #[arg(long, value_name = "FILE")]
    pub verdict: Option<PathBuf>,
    /// Append Markdown here; GitHub names the file itself
    #[arg(long, value_name = "FILE", env = "GITHUB_STEP_SUMMARY", hide_env_values = true)]
    pub summary: Option<PathBuf>,
    /// The verdict as JSON on stdout in place of tables
    #[arg(long)]
    pub json: bool,
}

/// Flags of `tasks`.
#[derive(Debug, Args)]
pub struct TasksArgs {
    /// What to do with tasks.
    #[command(subcommand)]
    pub command: TasksCommand,
    /// Folder of further task files (repeatable)
    #[arg(long, value_name = "DIR", global = true, env = "HARNESS_INCLUDE_PATH")]
    pub include_path: Vec<PathBuf>,
    /// Folder of benchmark files, for prompts and for what is there
    #[arg(long, value_name = "DIR", global = true, env = "HARNESS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: harness.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true, env = "HARNESS_CONFIG")]
    pub config: Option<PathBuf>,
}

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub enum TasksCommand {
    /// Every task and group, with source, licence, shots and whether its data are here
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// As Markdown tables, as in the README
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
    /// A task's card and its first prompts
    Show {
        /// The task
        task: String,
        /// Prompts shown
        #[arg(long, value_name = "N", default_value_t = 1)]
        prompts: usize,
    },
    /// Check task files without a model
    Validate {
        /// Files or folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

/// Flags of `models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// What to do with models.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Architecture, MoE layers, experts, parameters and memory
    Show {
        /// Alias, folder or org/name[@revision]
        checkpoint: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Configuration file [default: harness.toml, if there is one]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Flags of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// config.json of the model to make, with random weights [default: a Qwen3-MoE of 312 M parameters]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Workloads; the first four if absent
    #[arg(long, value_delimiter = ',')]
    pub workload: Vec<Workload>,
    /// Tokens a forward pass
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub batch_tokens: usize,
    /// Runs of each workload, with and without routing capture in turn; medians are shown
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Type of the weights, as a checkpoint would hold them
    #[arg(long, value_parser = ["f32", "bf16"], default_value = "f32")]
    pub weights: String,
    /// What to compute in, as for `eval`
    #[arg(long, value_enum, default_value = "auto")]
    pub dtype: Dtype,
    /// Where to compute, as for `eval`
    #[arg(long, default_value = "cpu")]
    pub device: ComputeDevice,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to write harness.toml into
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}
