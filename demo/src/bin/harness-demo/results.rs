//! The command that writes `RESULTS.md` from what the harness measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use harness_demo::results::{self, Record};
use tokenizers::Tokenizer;

use crate::say;

/// Which run to read and where the page goes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A run folder of the harness, made with `--log-samples`. Without it the page is drawn again
    /// from the record that an earlier call kept.
    #[arg(long)]
    run: Option<PathBuf>,
    /// Checkpoints of the run, by alias.
    #[arg(long, value_delimiter = ',', default_value = "base,cpt,sft,base-plus")]
    models: Vec<String>,
    /// The demo's folder: the record goes into `results/record.json` below it, the page into
    /// `RESULTS.md`. The tokenizer is read from `models/base`, tables of `train --seeds` and `train --ablate-aux` from
    /// `results/`.
    #[arg(long)]
    out: PathBuf,
}

/// Writes the record, if there is a run to take it from, and the page.
pub(crate) fn run(seed: u64, arguments: &Arguments) -> Result<()> {
    if let Some(run) = &arguments.run {
        let checkpoints = results::checkpoints(run, &arguments.models)?;
        let fertility = results::fertility(&tokenizer(&arguments.out)?, seed)?;
        write_record(&arguments.out, &Record { fertility, checkpoints })?;
        for model in &arguments.models {
            write_figure(&arguments.out, run, model)?;
        }
    }
    let path = arguments.out.join("RESULTS.md");
    std::fs::write(&path, results::page_of(&arguments.out)?)
        .with_context(|| format!("writing {}", path.display()))?;
    say(&format!("{}: written", path.display()));
    Ok(())
}

/// The tokenizer of the committed checkpoints.
fn tokenizer(out: &Path) -> Result<Tokenizer> {
    let path = out.join("models/base/tokenizer.json");
    Tokenizer::from_file(&path).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// Keeps the figure of a model's usage entropy, if the run's report has one.
fn write_figure(out: &Path, run: &Path, model: &str) -> Result<()> {
    let Some(figure) = results::entropy_figure(run, model)? else { return Ok(()) };
    let path = out.join(format!("results/entropy-{model}.svg"));
    std::fs::write(&path, figure).with_context(|| format!("writing {}", path.display()))
}

fn write_record(out: &Path, record: &Record) -> Result<()> {
    let path = out.join(results::RECORD);
    let folder = path.parent().unwrap_or(out);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, record.to_json()))
        .with_context(|| format!("writing {}", path.display()))
}
