use std::path::{Path, PathBuf};

use harness_reports::pages::{write_leaderboard, write_pages};
use harness_reports::terminal::tables;
use harness_reports::{PageOptions, Record, Summary};

use super::args::ReportArgs;
use super::compare::read_runs;
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Rebuilds every derived file from the record alone; of several records, one leaderboard page.
pub(super) fn run(args: &ReportArgs) -> Result<Exit, CommandError> {
    match (args.runs.as_slice(), &args.output) {
        ([run], None) => one(run, args.quiet)?,
        ([_], Some(_)) => {
            return Err(CommandError::usage(
                "--output is for the leaderboard of several runs; the report of one lies in its folder",
            ));
        }
        (runs, output) => leaderboard(runs, output.as_deref(), args.quiet)?,
    }
    Ok(Exit::Success)
}

fn one(run: &Path, quiet: bool) -> Result<(), CommandError> {
    let record = Record::read(run)?;
    let summary = Summary::draw(&record)?;
    let files = write_pages(&record, &summary, run, &PageOptions::default())?;
    if !quiet {
        output::print(&tables(&summary, output::width(), output::color()))?;
        list(&files)?;
    }
    Ok(())
}

fn leaderboard(runs: &[PathBuf], output: Option<&Path>, quiet: bool) -> Result<(), CommandError> {
    let beside = || runs.first().and_then(|run| run.parent()).unwrap_or_else(|| Path::new("."));
    let files = write_leaderboard(&read_runs(runs)?, output.unwrap_or_else(beside))?;
    if quiet { Ok(()) } else { list(&files) }
}

fn list(files: &[PathBuf]) -> Result<(), CommandError> {
    let list: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
    Ok(output::print(&list)?)
}
