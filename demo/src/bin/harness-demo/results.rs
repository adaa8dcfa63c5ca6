//! The command that writes `RESULTS.md` from what the harness measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness_demo::results::{self, Record};

use crate::say;

/// Which run to read and where the page goes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A run folder of the harness, made with `--log-samples`. Without it the page is drawn again
    /// from the record that an earlier call kept.
    #[arg(long)]
    run: Option<PathBuf>,
    /// Checkpoints of the run, by alias.
    #[arg(long, value_delimiter = ',', default_value = "base,cpt,sft,base+")]
    models: Vec<String>,
    /// The demo's folder: the record goes into `results/record.json` below it, the page into
    /// `RESULTS.md`. Tables of `train --seeds` and `train --ablate-aux` are read from `results/`.
    #[arg(long)]
    out: PathBuf,
}

/// Writes the record, if there is a run to take it from, and the page.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(run) = &arguments.run {
        write_record(&arguments.out, &results::read(run, &arguments.models)?)?;
    }
    let path = arguments.out.join("RESULTS.md");
    std::fs::write(&path, results::page_of(&arguments.out)?)
        .with_context(|| format!("writing {}", path.display()))?;
    say(&format!("{}: written", path.display()));
    Ok(())
}

fn write_record(out: &Path, record: &Record) -> Result<()> {
    let path = out.join(results::RECORD);
    let folder = path.parent().unwrap_or(out);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, record.to_json()))
        .with_context(|| format!("writing {}", path.display()))
}
