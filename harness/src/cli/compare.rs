use harness_reports::pages::{ComparisonFormat, comparison_page};
use harness_reports::summary::Runs;
use harness_reports::summary::comparison::{CompareOptions, Relation, Side, compare};
use harness_reports::terminal::difference_tables;
use harness_reports::{Record, Summary};

use super::args::CompareArgs;
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Compares models of one or more runs on the same documents.
pub(super) fn run(args: &CompareArgs) -> Result<Exit, CommandError> {
    let options = options(args)?;
    let runs = read_runs(&args.runs)?;
    let pairs = runs.pairs(args.baseline.as_deref(), &args.models).map_err(CommandError::usage)?;
    let sides: Vec<(Side<'_>, Side<'_>, Relation)> = pairs
        .into_iter()
        .map(|(old, new, relation)| (runs.side(old), runs.side(new), relation))
        .collect();
    let comparisons = compare(&sides, &options);
    let text = match args.format.as_str() {
        "md" => comparison_page(&comparisons, &options, ComparisonFormat::Markdown)?,
        "html" => comparison_page(&comparisons, &options, ComparisonFormat::Html)?,
        "csv" => comparison_page(&comparisons, &options, ComparisonFormat::Csv)?,
        "json" => comparison_page(&comparisons, &options, ComparisonFormat::Json)?,
        _ => difference_tables(&comparisons, &options, output::width(), output::color()),
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

fn options(args: &CompareArgs) -> Result<CompareOptions, CommandError> {
    if !(args.margin.is_finite() && args.margin > 0.0) {
        return Err(CommandError::usage("--margin is a number of points above 0"));
    }
    Ok(CompareOptions { margin_points: args.margin, ..CompareOptions::default() })
}

/// The numbers of each run.
pub(super) fn read_runs(folders: &[std::path::PathBuf]) -> Result<Runs, CommandError> {
    let read = |folder: &std::path::PathBuf| -> Result<(String, Summary), CommandError> {
        let summary = Summary::draw(&Record::read(folder)?)?;
        Ok((folder.display().to_string(), summary))
    };
    Ok(Runs::new(folders.iter().map(read).collect::<Result<_, _>>()?))
}
