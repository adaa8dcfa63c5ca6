use harness_reports::pages::write_pages;
use harness_reports::record::joint_manifest;
use harness_reports::terminal::tables;
use harness_reports::{PageOptions, Record, Summary};

use super::args::MergeArgs;
use super::error::CommandError;
use super::output;
use super::verify::unfinished;
use crate::exit::Exit;

/// Joins records into one run folder and writes its pages; the records stay as they are.
pub(super) fn run(args: &MergeArgs) -> Result<Exit, CommandError> {
    let mut sources = Vec::new();
    if args.output.join("run.db").is_file() {
        sources.push(Record::read(&args.output)?);
    }
    for run in &args.runs {
        sources.push(Record::read(run)?);
    }
    let manifest = joint_manifest(&sources)?;
    sources.retain(|source| source.path() != args.output.join("run.db"));
    let mut record = Record::open(&args.output, &manifest)?;
    for source in &sources {
        record.absorb(source)?;
    }
    let summary = Summary::draw(&record)?;
    write_pages(&record, &summary, &args.output, &PageOptions::default())?;
    let unfinished = unfinished(&record)?;
    if !args.quiet {
        output::print(&tables(&summary, output::width(), output::color()))?;
        let lines: String = unfinished.iter().map(|line| format!("{line}\n")).collect();
        output::print(&lines)?;
    }
    Ok(if unfinished.is_empty() { Exit::Success } else { Exit::Incomplete })
}
