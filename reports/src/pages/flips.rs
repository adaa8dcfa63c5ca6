//! Documents that turned between two models of a run, for its pages.

use super::differences_view::{DifferenceTable, FlipTable};
use crate::record::{Record, RecordError};
use crate::summary::Summary;
use crate::summary::comparison::{Comparison, Side, TaskDifference, flipped_documents};

/// Documents a task and direction: enough to see what turned, few enough for the page.
const MOST: usize = 4;

/// The comparisons of a summary with some of the documents behind them.
pub(super) fn difference_tables(
    record: &Record,
    summary: &Summary,
) -> Result<Vec<DifferenceTable>, RecordError> {
    let table = |comparison: &Comparison| {
        Ok(DifferenceTable::of(comparison, flip_tables(record, summary, comparison)?))
    };
    summary.comparisons().iter().map(table).collect()
}

fn flip_tables(
    record: &Record,
    summary: &Summary,
    comparison: &Comparison,
) -> Result<Vec<FlipTable>, RecordError> {
    let mut tables = Vec::new();
    for task in &comparison.tasks {
        tables.extend(flip_table(record, summary, comparison, task)?);
    }
    Ok(tables)
}

fn flip_table(
    record: &Record,
    summary: &Summary,
    comparison: &Comparison,
    task: &TaskDifference,
) -> Result<Option<FlipTable>, RecordError> {
    let side = |alias| (Side { summary, alias, label: alias }, record);
    let (old, new) = (side(&comparison.baseline), side(&comparison.model));
    let documents = flipped_documents(old, new, &task.task, &task.metric, MOST)?;
    let language = &summary.manifest.tasks[&task.task].language.question;
    Ok(FlipTable::of(task, language, &documents))
}
