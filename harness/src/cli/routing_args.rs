use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Flags of `routing`.
#[derive(Debug, Args)]
pub struct RoutingArgs {
    /// What to do with routing.
    #[command(subcommand)]
    pub command: RoutingCommand,
}

/// What to do with routing.
#[derive(Debug, Subcommand)]
pub enum RoutingCommand {
    /// Every routing measure of a run, with intervals and controls
    Show(RoutingShowArgs),
    /// The same measures of routing that another program recorded
    Import(RoutingImportArgs),
    /// A run's routing for other programs
    Export {
        /// The run folder
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// wide: Layer,Language,Expert_0,… as `import` reads it; others: one row a (document, span, layer, expert)
        #[arg(long, value_enum, default_value_t = ExportFormat::Wide)]
        format: ExportFormat,
        /// File, or for wide a folder [default: RUN/routing/…]
        #[arg(long, value_name = "PATH")]
        output: Option<PathBuf>,
    },
}

/// Flags of `routing show`.
#[derive(Debug, Args)]
pub struct RoutingShowArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Only these models of the run
    #[arg(long, value_delimiter = ',')]
    pub models: Vec<String>,
    /// Only parallel text: leave out the benchmark tasks' own questions and answers
    #[arg(long)]
    pub no_tasks: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// Flags of `routing import`.
#[derive(Debug, Args)]
pub struct RoutingImportArgs {
    /// Tables (.csv: Layer,Language,Expert_0,…), a run's routing.json, or LANGUAGE=FILE_OR_FOLDER of expert ids that
    /// vLLM or SGLang returned
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Mean router scores beside a table of activation rates [default: the file with _avg_dist in its name]
    #[arg(long, value_name = "FILE")]
    pub scores: Option<PathBuf>,
    /// Name of the model whose expert ids are read
    #[arg(long, default_value = "imported")]
    pub name: String,
    /// Routed experts a layer, for expert ids
    #[arg(long, value_name = "N")]
    pub experts: Option<usize>,
    /// All hidden layers, for expert ids without a NumPy header (SGLang)
    #[arg(long, value_name = "N")]
    pub layers: Option<usize>,
    /// Experts a token, for expert ids without a NumPy header
    #[arg(long, value_name = "K")]
    pub top_k: Option<usize>,
    /// Layers that have experts, for expert ids [default: those that are not zero throughout]
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub moe_layers: Vec<usize>,
    /// How to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,
}

/// How measures are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Tables for a terminal
    Table,
    /// Everything, for programs
    Json,
    /// One number a row
    Csv,
    /// Tables in Markdown
    Md,
}

/// How routing is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Rates and mean scores, one table a model and parallel text
    Wide,
    /// Counts, with a header
    Csv,
    /// Counts, one object a line
    Json,
    /// Counts
    Parquet,
}
