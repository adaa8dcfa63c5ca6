//! Rows of the score tables.

use serde::Serialize;

use super::format;
use crate::estimates::EstimateRow;
use crate::manifest::{HEADLINE, TaskManifest};
use crate::summary::{Average, Cell, CellState, Scored, Section, Summary, is_share_of_right};

/// One table of scores, models across.
#[derive(Serialize)]
pub(super) struct ScoreTable {
    title: String,
    rows: Vec<ScoreRow>,
    averages: Vec<ScoreRow>,
}

/// One metric of one task, or an average.
#[derive(Serialize)]
struct ScoreRow {
    name: String,
    metric: String,
    language: String,
    n: String,
    marks: Vec<String>,
    cells: Vec<String>,
}

/// A (model, task) without scores, and why.
#[derive(Serialize)]
pub(super) struct Hole {
    models: String,
    task: String,
    state: &'static str,
    reason: String,
}

pub(super) fn tables(summary: &Summary) -> Vec<ScoreTable> {
    summary.sections().iter().map(|section| table(summary, section)).collect()
}

fn table(summary: &Summary, section: &Section) -> ScoreTable {
    ScoreTable {
        title: section.title.clone(),
        rows: section.tasks.iter().flat_map(|task| task_rows(summary, task)).collect(),
        averages: section.group.iter().flat_map(|group| average_rows(summary, group)).collect(),
    }
}

/// A row a metric; the headline metric first. A task without any score has one row.
fn task_rows(summary: &Summary, name: &str) -> Vec<ScoreRow> {
    let task = &summary.manifest.tasks[name];
    let cells: Vec<Option<&Cell>> =
        summary.manifest.models.keys().map(|model| summary.cell(model, name)).collect();
    let with_scores = cells.iter().flatten().find(|cell| !cell.scores.is_empty());
    let Some(first) = with_scores else {
        let cells = cells.iter().map(|cell| cell_text(*cell, None)).collect();
        return vec![row(name, task, String::new(), String::new(), cells)];
    };
    let headline = first.headline(task);
    let mut metrics: Vec<&Scored> = first.scores.iter().collect();
    metrics.sort_by_key(|scored| Some(*scored) != headline);
    metrics.into_iter().map(|scored| metric_row(name, task, &cells, scored)).collect()
}

fn metric_row(
    name: &str,
    task: &TaskManifest,
    cells: &[Option<&Cell>],
    scored: &Scored,
) -> ScoreRow {
    let (metric, filter) = (&scored.row.metric, &scored.row.filter);
    let of_cell = |cell: &Cell| {
        let mut scores = cell.scores.iter();
        scores.find(|other| other.row.metric == *metric && other.row.filter == *filter).cloned()
    };
    let found: Vec<Option<Scored>> = cells.iter().map(|cell| cell.and_then(of_cell)).collect();
    let texts =
        cells.iter().zip(&found).map(|(cell, scored)| cell_text(*cell, scored.as_ref())).collect();
    let sizes = found.iter().flatten().map(|scored| scored.row.n);
    let label = if filter == "none" { metric.clone() } else { format!("{metric}, {filter}") };
    let arrow = if scored.row.higher_is_better { "" } else { " (lower is better)" };
    let mut row = row(name, task, format!("{label}{arrow}"), range(sizes), texts);
    row.marks.extend(guessing(cells, &scored.row));
    row
}

fn row(name: &str, task: &TaskManifest, metric: String, n: String, cells: Vec<String>) -> ScoreRow {
    let (question, continuation) = (&task.language.question, &task.language.continuation);
    let language = if question == continuation {
        question.clone()
    } else {
        format!("{question} to {continuation}")
    };
    ScoreRow { name: name.to_owned(), metric, language, n, marks: marks(task), cells }
}

/// `guessing gets 33.3`, of shares of right answers.
fn guessing(cells: &[Option<&Cell>], row: &EstimateRow) -> Option<String> {
    let chance = cells.iter().flatten().find_map(|cell| cell.chance)?;
    is_share_of_right(&row.metric)
        .then(|| format!("guessing gets {}", format::metric(row.unit, chance)))
}

/// What keeps a row from being the benchmark itself.
fn marks(task: &TaskManifest) -> Vec<String> {
    let stand_in = task.stand_in_for.iter().map(|name| format!("stand-in for {name}"));
    let ours = task
        .card
        .get("ours")
        .and_then(serde_json::Value::as_array)
        .is_some_and(|ours| !ours.is_empty());
    stand_in.chain(ours.then(|| "definition partly ours".to_owned())).collect()
}

fn cell_text(cell: Option<&Cell>, scored: Option<&Scored>) -> String {
    match cell.map(|cell| &cell.state) {
        None => "–".to_owned(),
        Some(CellState::Missing(_)) => "no data".to_owned(),
        Some(CellState::Failed(_)) => "FAILED".to_owned(),
        Some(CellState::Unfinished) => "unfinished".to_owned(),
        Some(CellState::Scored) => {
            scored.and_then(format::scored).unwrap_or_else(|| "unscored".to_owned())
        }
    }
}

/// One number, or the smallest and the largest.
fn range(sizes: impl Iterator<Item = usize>) -> String {
    let sizes: Vec<usize> = sizes.collect();
    match (sizes.iter().min(), sizes.iter().max()) {
        (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
        (Some(least), _) => least.to_string(),
        _ => String::new(),
    }
}

fn average_rows(summary: &Summary, group: &str) -> Vec<ScoreRow> {
    let models: Vec<&String> = summary.manifest.models.keys().collect();
    let of = |model: &str| -> Vec<&Average> {
        summary.averages(model).iter().filter(|average| average.group == group).collect()
    };
    let first = models.first().map_or_else(Vec::new, |model| of(model));
    let row = |(position, average): (usize, &Average)| {
        let averages: Vec<Option<&Average>> =
            models.iter().map(|model| of(model).get(position).copied()).collect();
        average_row(average, &averages)
    };
    first.iter().copied().enumerate().map(row).collect()
}

fn average_row(first: &Average, averages: &[Option<&Average>]) -> ScoreRow {
    let known = || averages.iter().flatten();
    let mut marks: Vec<String> = Vec::new();
    let stand_ins = known().flat_map(|average| &average.stand_ins);
    let reasons = known().filter_map(|average| average.value.as_ref().err());
    let texts = stand_ins.map(|(task, other)| format!("with {other} in place of {task}"));
    for mark in texts.chain(reasons.map(|reason| format!("none, because {reason}"))) {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    let metric = if first.metric == HEADLINE {
        "mean of the tasks".to_owned()
    } else {
        format!("mean {}", first.metric)
    };
    ScoreRow {
        name: "average".to_owned(),
        metric,
        language: String::new(),
        n: range(known().filter(|average| average.value.is_ok()).map(|average| average.n)),
        marks,
        cells: averages
            .iter()
            .map(|average| average.map_or_else(|| "–".to_owned(), average_text))
            .collect(),
    }
}

fn average_text(average: &Average) -> String {
    match (&average.value, &average.interval) {
        (Err(_), _) => "–".to_owned(),
        (Ok(value), None) => format::metric(average.unit, *value),
        (Ok(value), Some(interval)) => {
            format!(
                "{} ({})",
                format::metric(average.unit, *value),
                format::ends(average.unit, interval)
            )
        }
    }
}

/// Tasks without scores; models that share a reason share a row.
pub(super) fn holes(summary: &Summary) -> Vec<Hole> {
    let mut holes: Vec<Hole> = Vec::new();
    for task in summary.manifest.tasks.keys() {
        for model in summary.manifest.models.keys() {
            let Some((state, reason)) =
                summary.cell(model, task).and_then(|cell| hole(&cell.state))
            else {
                continue;
            };
            match holes
                .iter_mut()
                .find(|hole| hole.task == *task && hole.state == state && hole.reason == reason)
            {
                Some(hole) => hole.models = format!("{}, {model}", hole.models),
                None => {
                    holes.push(Hole { models: model.clone(), task: task.clone(), state, reason });
                }
            }
        }
    }
    holes
}

fn hole(state: &CellState) -> Option<(&'static str, String)> {
    match state {
        CellState::Scored => None,
        CellState::Missing(reason) => Some(("no data", reason.clone())),
        CellState::Failed(reason) => Some(("failed", reason.clone())),
        CellState::Unfinished => {
            Some(("unfinished", "run the same command again; it continues".to_owned()))
        }
    }
}
