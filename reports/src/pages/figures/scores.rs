//! Scores and their differences as dots with intervals.

use harness_metrics::Interval;

use super::{Figure, FigureGroup};
use crate::estimates::Unit;
use crate::pages::format::{self, optional};
use crate::pages::svg::{Axis, Dot, DotChart, DotRow};
use crate::summary::comparison::{Comparison, Difference};
use crate::summary::{Scored, Section, Summary};

/// A chart a section of scores on 0-100, and one of all differences to baselines.
pub(in crate::pages) fn score_figures(summary: &Summary) -> Vec<FigureGroup> {
    let sections = summary.sections();
    let scores = sections.iter().filter_map(|section| score_figure(summary, section));
    let mut groups = vec![
        FigureGroup {
            title: "Scores at a glance".to_owned(),
            note: "Headline metrics on 0-100 with 95 % intervals.".to_owned(),
            figures: scores.collect(),
        },
        FigureGroup {
            title: "Differences at a glance".to_owned(),
            note: "On the same documents, with 95 % intervals; right of the line is better than the baseline. Whether an interval that leaves out 0 counts, with all comparisons adjusted for, is in the table.".to_owned(),
            figures: difference_figure(summary.comparisons()).into_iter().collect(),
        },
    ];
    groups.retain(|group| !group.figures.is_empty());
    groups
}

/// `None` where no task has a score on 0-100.
fn score_figure(summary: &Summary, section: &Section) -> Option<Figure> {
    let models: Vec<&String> = summary.manifest.models.keys().collect();
    let row = |task: &String| {
        let headline = |model: &String| -> Option<Scored> {
            let scored = summary.cell(model, task)?.headline(&summary.manifest.tasks[task])?;
            Some(scored.clone()).filter(|scored| scored.row.unit != Unit::Plain)
        };
        let dot = |(series, model): (usize, &&String)| {
            let scored = headline(model)?;
            let unit = scored.row.unit;
            let interval = scored.interval.as_ref().map(|i| shown(unit, i));
            Some(Dot { series, value: unit.shown(scored.row.value?), interval })
        };
        let dots: Vec<Dot> = models.iter().enumerate().filter_map(dot).collect();
        (!dots.is_empty()).then(|| DotRow { label: task.clone(), dots })
    };
    let rows: Vec<DotRow> = section.tasks.iter().filter_map(row).collect();
    let chart = DotChart {
        title: section.title.clone(),
        description: format!("{} tasks, {} checkpoints", rows.len(), models.len()),
        x_label: "score".to_owned(),
        axis: Axis::holding((0.0, 100.0), Vec::new()),
        zero: None,
        series: models.iter().map(|model| (*model).clone()).collect(),
        rows,
    };
    drawn(&chart, &models.iter().map(|model| model.as_str()).collect::<Vec<_>>())
}

fn shown(unit: Unit, interval: &Interval) -> (f64, f64) {
    (unit.shown(interval.low), unit.shown(interval.high))
}

/// Shares and points only: other units have no place on the axis.
fn difference_figure(comparisons: &[Comparison]) -> Option<Figure> {
    let names: Vec<String> =
        comparisons.iter().map(|c| format!("{} against {}", c.model, c.baseline)).collect();
    let mut rows: Vec<DotRow> = Vec::new();
    for (series, comparison) in comparisons.iter().enumerate() {
        for task in comparison.tasks.iter().filter(|task| task.unit != Unit::Plain) {
            let Ok(difference) = &task.outcome else { continue };
            let dot = difference_dot(series, task.unit, task.higher_is_better, difference);
            match rows.iter_mut().find(|row| row.label == task.task) {
                Some(row) => row.dots.push(dot),
                None => rows.push(DotRow { label: task.task.clone(), dots: vec![dot] }),
            }
        }
    }
    let ends = rows.iter().flat_map(|row| &row.dots).flat_map(|dot| {
        let (low, high) = dot.interval.unwrap_or((dot.value, dot.value));
        [low, high]
    });
    let chart = DotChart {
        title: "Differences to the baseline".to_owned(),
        description: format!("{} tasks", rows.len()),
        x_label: "points".to_owned(),
        axis: Axis::holding((-5.0, 5.0), ends.collect::<Vec<_>>()),
        zero: Some(0.0),
        series: names.clone(),
        rows,
    };
    drawn(&chart, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Turned so that more is better.
fn difference_dot(series: usize, unit: Unit, higher: bool, difference: &Difference) -> Dot {
    let turn = |x: f64| if higher { x } else { -x };
    let ends = |i: &Interval| {
        let (low, high) = (turn(unit.shown(i.low)), turn(unit.shown(i.high)));
        (low.min(high), low.max(high))
    };
    let interval = difference.interval.as_ref().map(ends);
    Dot { series, value: turn(unit.shown(difference.value())), interval }
}

/// The chart with its table: for every row and series value, low and high.
fn drawn(chart: &DotChart, series: &[&str]) -> Option<Figure> {
    let columns = std::iter::once("task".to_owned()).chain(series.iter().map(|s| (*s).to_owned()));
    let cell = |row: &DotRow, series: usize| {
        let dot = row.dots.iter().find(|dot| dot.series == series);
        let value = optional(dot.map(|dot| dot.value), 1);
        let ends = dot.and_then(|dot| dot.interval);
        ends.map_or(value.clone(), |(low, high)| {
            format!("{value} ({} to {})", format::fixed(low, 1), format::fixed(high, 1))
        })
    };
    let row = |row: &DotRow| {
        let cells = (0..series.len()).map(|place| cell(row, place));
        std::iter::once(row.label.clone()).chain(cells).collect()
    };
    let rows = chart.rows.iter().map(row).collect();
    (!chart.rows.is_empty())
        .then(|| Figure::new(&chart.title, chart.draw(), columns.collect(), rows))
}
