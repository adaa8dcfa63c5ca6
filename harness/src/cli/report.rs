use harness_reports::{PageOptions, Record, summary_table, write_derived};

use super::args::ReportArgs;
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Rebuilds every derived file from the record alone.
pub(super) fn run(args: &ReportArgs) -> Result<Exit, CommandError> {
    let record = Record::read(&args.run)?;
    let files = write_derived(&record, &args.run, &PageOptions::default())?;
    if !args.quiet {
        output::print(&summary_table(&record, output::width(), output::color())?)?;
        let list: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
        output::print(&list)?;
    }
    Ok(Exit::Success)
}
