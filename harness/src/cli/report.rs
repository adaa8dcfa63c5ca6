use harness_reports::pages::write_pages;
use harness_reports::terminal::tables;
use harness_reports::{PageOptions, Record, Summary};

use super::args::ReportArgs;
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Rebuilds every derived file from the record alone.
pub(super) fn run(args: &ReportArgs) -> Result<Exit, CommandError> {
    let record = Record::read(&args.run)?;
    let summary = Summary::draw(&record)?;
    let files = write_pages(&record, &summary, &args.run, &PageOptions::default())?;
    if !args.quiet {
        output::print(&tables(&summary, output::width(), output::color()))?;
        let list: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
        output::print(&list)?;
    }
    Ok(Exit::Success)
}
