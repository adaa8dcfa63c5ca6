use std::path::{Path, PathBuf};

use harness_models::ComputeDevice;
use harness_reports::pages::write_pages;
use harness_reports::terminal::tables;
use harness_reports::{PageOptions, Record, RecordError, Summary};
use serde_json::{Map, Value, json};

use super::args::{EvalArgs, SelectionArgs};
use super::error::CommandError;
use super::output;
use crate::config::{Config, choose_models};
use crate::eval::{
    CheckpointOptions, EvalOptions, Evaluation, GenerationOverride, Preparation, PreparedModel,
    default_batch_tokens, evaluate, manifest, prepare_models, prepare_tasks,
};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::run::Interrupt;

/// Scores models, writes the run folder, prints the tables.
pub(super) fn run(args: &EvalArgs) -> Result<Exit, CommandError> {
    let config = Config::load(args.selection.config.as_deref())?;
    let mut options = options(args, &config)?;
    let progress = Progress::new(args.quiet);
    let interrupt = Interrupt::listen()?;
    let choices = choose_models(&config, &args.selection.models)?;
    let preparation = prepare_tasks(&options)?;
    let checkpoints = CheckpointOptions {
        chat_template: options.apply_chat_template,
        thinking: options.enable_thinking,
        verify_weights: args.verify_weights,
    };
    let models = prepare_models(choices, checkpoints)?;
    options.batch_tokens = batch_tokens(&args.selection, &options, &models);
    let folder = args.output.clone().unwrap_or_else(|| default_output(&options.tasks));
    let (mut record, folder) = open_record(&folder, args.fork, &options, &models, &preparation)?;
    let evaluation = evaluate(&options, &models, &preparation, &mut record, &interrupt, &progress)?;
    progress.finish();
    let summary = Summary::draw(&record)?;
    write_pages(&record, &summary, &folder, &PageOptions::default())?;
    print_results(args, &summary, &folder, &models)?;
    Ok(exit(&evaluation))
}

/// Flags and file resolved into options.
pub(super) fn selection_options(
    args: &SelectionArgs,
    config: &Config,
) -> Result<EvalOptions, CommandError> {
    if args.limit == Some(0) {
        return Err(CommandError::usage(
            "--limit 0 leaves 0 documents; leave it out to take all of them",
        ));
    }
    if args.batch_tokens == Some(0) || args.max_length == Some(0) {
        return Err(CommandError::usage("--batch-tokens and --max-length are at least 1"));
    }
    if args.fewshot_as_multiturn == Some(true) && !args.apply_chat_template {
        return Err(CommandError::usage("--fewshot-as-multiturn needs --apply-chat-template"));
    }
    if args.enable_thinking.is_some() && !args.apply_chat_template {
        return Err(CommandError::usage("--enable-thinking needs --apply-chat-template"));
    }
    let data_dir = args
        .data_dir
        .clone()
        .or_else(|| config.data.dir.as_deref().map(|dir| config.relative(dir)));
    if let Some(dir) = data_dir.as_deref().filter(|dir| !dir.is_dir()) {
        return Err(CommandError::usage(format!(
            "the data folder {} does not exist",
            dir.display()
        )));
    }
    Ok(EvalOptions {
        tasks: args.tasks.clone(),
        include_paths: args.include_path.clone(),
        data_dir,
        limit: args.limit,
        num_fewshot: args.num_fewshot,
        seed: args.seed,
        generation: GenerationOverride::parse(args.gen_kwargs.as_deref().unwrap_or_default())?,
        gen_kwargs: args.gen_kwargs.clone(),
        apply_chat_template: args.apply_chat_template,
        system_instruction: args.system_instruction.clone(),
        fewshot_as_multiturn: args.fewshot_as_multiturn.unwrap_or(args.apply_chat_template),
        enable_thinking: args.enable_thinking,
        batch_tokens: args.batch_tokens.unwrap_or(1),
        device: ComputeDevice::Cpu,
        dtype: args.dtype.into(),
        max_length: args.max_length,
        routing: true,
        routing_trace: false,
        probe: !args.no_probe,
        log_samples: false,
        fail_on_error: 0.0,
    })
}

/// The budget that was asked for, or one that suits the machine and the models.
pub(super) fn batch_tokens(
    args: &SelectionArgs,
    options: &EvalOptions,
    models: &[PreparedModel],
) -> usize {
    let architectures = models.iter().map(|model| &model.checkpoint.architecture);
    args.batch_tokens
        .unwrap_or_else(|| default_batch_tokens(architectures, options.dtype, options.device))
}

fn options(args: &EvalArgs, config: &Config) -> Result<EvalOptions, CommandError> {
    if !(0.0..=1.0).contains(&args.fail_on_error) {
        return Err(CommandError::usage("--fail-on-error is a share between 0 and 1"));
    }
    Ok(EvalOptions {
        routing: !args.no_routing,
        routing_trace: args.routing_trace,
        probe: !args.selection.no_probe && !args.no_routing,
        log_samples: args.log_samples,
        fail_on_error: args.fail_on_error,
        device: args.device,
        dtype: args.device.resolve(args.selection.dtype.into()),
        ..selection_options(&args.selection, config)?
    })
}

/// The same command goes on in the same folder.
fn default_output(tasks: &[String]) -> PathBuf {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = tasks.join("+").chars().map(safe).take(100).collect();
    Path::new("runs").join(name)
}

/// Opens the record; with `--fork`, the first of `NAME-2`, `NAME-3`, … that is free or holds this very run.
fn open_record(
    folder: &Path,
    fork: bool,
    options: &EvalOptions,
    models: &[PreparedModel],
    preparation: &Preparation,
) -> Result<(Record, PathBuf), CommandError> {
    let manifest = manifest(options, models, preparation);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let forks = (2..).map(|number: u32| folder.with_file_name(format!("{name}-{number}")));
    for candidate in std::iter::once(folder.to_owned()).chain(forks) {
        match Record::open(&candidate, &manifest) {
            Ok(record) => return Ok((record, candidate)),
            Err(RecordError::Manifest { .. }) if fork => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::usage("no free name for a fork"))
}

fn print_results(
    args: &EvalArgs,
    summary: &Summary,
    folder: &Path,
    models: &[PreparedModel],
) -> Result<(), CommandError> {
    if args.json {
        output::print_json(&json!({"run": folder, "results": results(folder, models)}))?;
        return Ok(());
    }
    output::print(&tables(summary, output::width(), output::color()))?;
    if !args.quiet {
        output::print(&format!("report: {}", folder.join("report.html").display()))?;
    }
    Ok(())
}

/// Each model's results.json.
fn results(folder: &Path, models: &[PreparedModel]) -> Map<String, Value> {
    let read = |alias: &str| {
        let path = harness_reports::model_folder(folder, alias).join("results.json");
        std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    };
    models.iter().map(|model| (model.alias.clone(), read(&model.alias))).collect()
}

fn exit(evaluation: &Evaluation) -> Exit {
    if *evaluation == Evaluation::default() { Exit::Success } else { Exit::Incomplete }
}
