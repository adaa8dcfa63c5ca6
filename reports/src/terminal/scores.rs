//! Scores: tasks down, models across.

use harness_metrics::Interval;

use super::layout::{columns, note, table, title};
use crate::estimates::Unit;
use crate::pages::format;
use crate::summary::{Average, Cell, CellState, Section, Summary};

/// Room that a column takes beside its text.
const PADDING: usize = 3;
/// Task, and number of documents.
const TEXT_COLUMNS: usize = 1;

/// A table a section and stretch of models, and a note.
pub(super) fn tables(summary: &Summary, width: usize, color: bool) -> Vec<String> {
    let sections = summary.sections();
    let mut parts: Vec<String> = sections
        .iter()
        .flat_map(|section| section_tables(summary, section, width, color))
        .collect();
    parts.extend(without_scores(summary, width));
    if !parts.is_empty() {
        parts.push(note(NOTE, width));
    }
    parts
}

const NOTE: &str =
    "Shares are times 100; ± is half the width of the 95 % interval; n is documents.";

fn section_tables(summary: &Summary, section: &Section, width: usize, color: bool) -> Vec<String> {
    let models: Vec<&String> = summary.manifest.models.keys().collect();
    let rows: Vec<Row> =
        section.tasks.iter().map(|task| task_row(summary, task, &models)).collect();
    let averages = section.group.iter().flat_map(|group| average_row(summary, group, &models));
    let rows: Vec<Row> = rows.into_iter().chain(averages).collect();
    let per_table = models_a_table(&rows, &models, width);
    let starts = (0..models.len()).step_by(per_table);
    let stretch = |start: usize| start..(start + per_table).min(models.len());
    starts
        .map(|start| draw(&section.title, &rows, &models, stretch(start), (width, color)))
        .collect()
}

fn draw(
    name: &str,
    rows: &[Row],
    models: &[&String],
    stretch: std::ops::Range<usize>,
    (width, color): (usize, bool),
) -> String {
    let mut header = vec!["task".to_owned(), "n".to_owned()];
    header.extend(models[stretch.clone()].iter().map(|model| (*model).clone()));
    let line = |row: &Row| {
        let cells = row.cells[stretch.clone()].iter().cloned();
        [row.name.clone(), row.n.clone()].into_iter().chain(cells).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<String>> = rows.iter().map(line).collect();
    format!("{}\n{}", title(name, color), table(&header, &lines, TEXT_COLUMNS, width))
}

/// One line before models are split.
struct Row {
    name: String,
    n: String,
    cells: Vec<String>,
}

/// How many models fit beside the names, at least one.
fn models_a_table(rows: &[Row], models: &[&String], width: usize) -> usize {
    let widest =
        |texts: &mut dyn Iterator<Item = &str>| texts.map(columns).max().unwrap_or(0) + PADDING;
    let names = widest(&mut rows.iter().map(|row| row.name.as_str())).min(width / 2);
    let sizes = widest(&mut rows.iter().map(|row| row.n.as_str()));
    let cells = rows.iter().flat_map(|row| row.cells.iter().map(String::as_str));
    let model = widest(&mut cells.chain(models.iter().map(|model| model.as_str())));
    (width.saturating_sub(names + sizes) / model).max(1)
}

fn task_row(summary: &Summary, name: &str, models: &[&String]) -> Row {
    let task = &summary.manifest.tasks[name];
    let cells: Vec<Option<&Cell>> = models.iter().map(|model| summary.cell(model, name)).collect();
    let scored = cells.iter().flatten().filter_map(|cell| cell.headline(task)).next();
    let metric = scored.map_or_else(String::new, |scored| format!(" {}", scored.row.metric));
    let mark = if task.stand_in_for.is_some() { " †" } else { "" };
    let sizes = cells.iter().flatten().map(|cell| cell.documents).max().filter(|n| *n > 0);
    Row {
        name: format!("{name}{metric}{mark}"),
        n: sizes.map_or_else(String::new, |n| n.to_string()),
        cells: cells
            .iter()
            .map(|cell| cell.map_or_else(|| "–".to_owned(), |cell| text(cell, task)))
            .collect(),
    }
}

fn text(cell: &Cell, task: &crate::manifest::TaskManifest) -> String {
    match &cell.state {
        CellState::Missing(_) => "no data".to_owned(),
        CellState::Failed(_) => "FAILED".to_owned(),
        CellState::Unfinished => "unfinished".to_owned(),
        CellState::Scored => {
            let row = cell.headline(task);
            let value = row.and_then(|scored| Some((scored, scored.row.value?)));
            value.map_or_else(
                || "unscored".to_owned(),
                |(scored, value)| with_half_width(scored.row.unit, value, scored.interval.as_ref()),
            )
        }
    }
}

fn with_half_width(unit: Unit, value: f64, interval: Option<&Interval>) -> String {
    let value_text = format::metric(unit, value);
    let half = interval.map(|interval| format::metric(unit, (interval.high - interval.low) / 2.0));
    half.map_or(value_text.clone(), |half| format!("{value_text} ±{half}"))
}

/// The group's first average; marked when a stand-in entered it.
fn average_row(summary: &Summary, group: &str, models: &[&String]) -> Option<Row> {
    let average =
        |model: &String| summary.averages(model).iter().find(|average| average.group == group);
    let averages: Vec<Option<&Average>> = models.iter().map(|model| average(model)).collect();
    let first = averages.iter().flatten().next()?;
    let mark = if first.stand_ins.is_empty() { "" } else { " †" };
    let text = |average: &Average| match &average.value {
        Ok(value) => with_half_width(average.unit, *value, average.interval.as_ref()),
        Err(_) => "–".to_owned(),
    };
    let cells =
        averages.iter().map(|average| average.map_or_else(|| "–".to_owned(), text)).collect();
    Some(Row { name: format!("average{mark}"), n: String::new(), cells })
}

/// Why some cells have no score, and what † means.
fn without_scores(summary: &Summary, width: usize) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for (name, task) in &summary.manifest.tasks {
        if let Some(other) = &task.stand_in_for {
            notes.push(format!("† {name} stands in for {other}, whose data are missing."));
        }
        for model in summary.manifest.models.keys() {
            let note = summary.cell(model, name).and_then(|cell| reason(name, model, cell));
            notes.extend(note.filter(|note| !notes.contains(note)));
        }
    }
    for model in summary.manifest.models.keys() {
        for average in summary.averages(model) {
            let reason = average.value.as_ref().err();
            let note = reason.map(|reason| format!("No average of {}: {reason}.", average.group));
            notes.extend(note.filter(|note| !notes.contains(note)));
        }
    }
    if notes.is_empty() {
        return Vec::new();
    }
    let safe = notes.iter().map(|text| note(&crate::pages::terminal_safe(text), width));
    vec![safe.collect::<Vec<_>>().join("\n")]
}

fn reason(task: &str, model: &str, cell: &Cell) -> Option<String> {
    match &cell.state {
        CellState::Missing(reason) => Some(format!("{task}: {reason}")),
        CellState::Failed(reason) => Some(format!("{task}, {model}: {reason}")),
        CellState::Scored if !cell.unscored.is_empty() => Some(format!(
            "{task}, {model}: {} of {} documents are unscored ({}).",
            cell.unscored_documents(),
            cell.documents,
            cell.unscored[0].0
        )),
        CellState::Scored | CellState::Unfinished => None,
    }
}
