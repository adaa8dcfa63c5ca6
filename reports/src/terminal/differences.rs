//! Comparisons: tasks down.

use harness_metrics::Interval;

use super::layout::{dense_table, note, title};
use crate::estimates::Unit;
use crate::pages::differences_text::sentences;
use crate::pages::differences_view::{p_value, signed};
use crate::pages::{format, terminal_safe};
use crate::summary::comparison::{
    AverageDifference, CompareOptions, Comparison, Difference, NoDifference, TaskDifference,
};

/// The tables that `harness compare` prints, one a comparison, at most `width` columns wide; titles
/// are bold when `color`.
#[must_use]
pub fn difference_tables(
    comparisons: &[Comparison],
    options: &CompareOptions,
    width: usize,
    color: bool,
) -> String {
    let mut parts: Vec<String> =
        comparisons.iter().map(|comparison| one(comparison, width, color)).collect();
    if !comparisons.is_empty() {
        parts.push(note(&small_print(options), width));
    }
    parts.join("\n\n")
}

fn one(comparison: &Comparison, width: usize, color: bool) -> String {
    let name = format!(
        "{} against {}, {}",
        comparison.model,
        comparison.baseline,
        comparison.relation.name()
    );
    let header = ["task", "before", "after", "difference", "p adj.", "flips", "verdict"];
    let tasks = comparison.tasks.iter().map(task_row);
    let averages = comparison.averages.iter().filter(|a| a.outcome.is_ok()).map(average_row);
    let rows: Vec<Vec<String>> = tasks.chain(averages).collect();
    let drawn = dense_table(&header.map(str::to_owned), &rows, 1, width);
    let mut lines = vec![title(&name, color), drawn];
    lines.extend(reasons(comparison, width));
    lines.extend(sentences(comparison).iter().map(|text| note(&terminal_safe(text), width)));
    lines.join("\n")
}

fn task_row(task: &TaskDifference) -> Vec<String> {
    match &task.outcome {
        Ok(difference) => numbers(task, difference),
        Err(NoDifference::Absent(_)) => without(&task.task, "no score"),
        Err(NoDifference::Incomparable(_)) => without(&task.task, "incomparable"),
    }
}

fn without(name: &str, verdict: &str) -> Vec<String> {
    let dash = || "–".to_owned();
    vec![name.to_owned(), dash(), dash(), dash(), dash(), String::new(), verdict.to_owned()]
}

fn numbers(task: &TaskDifference, difference: &Difference) -> Vec<String> {
    let flips =
        difference.flips.map_or_else(String::new, |f| format!("+{} \u{2212}{}", f.gained, f.lost));
    vec![
        task.task.clone(),
        format::metric(task.unit, difference.old),
        format::metric(task.unit, difference.new),
        with_half_width(task.unit, difference.value(), difference.interval.as_ref()),
        p_value(difference.p_holm),
        flips,
        difference.verdict.name().to_owned(),
    ]
}

fn average_row(average: &AverageDifference) -> Vec<String> {
    let Ok(difference) = &average.outcome else { return without(&average.name, "no average") };
    vec![
        format!("mean {}", average.name),
        format::metric(average.unit, difference.old),
        format::metric(average.unit, difference.new),
        with_half_width(average.unit, difference.value(), difference.interval.as_ref()),
        p_value(difference.p_holm),
        String::new(),
        difference.verdict.name().to_owned(),
    ]
}

fn with_half_width(unit: Unit, value: f64, interval: Option<&Interval>) -> String {
    let half = interval.map(|i| format!(" \u{b1}{}", format::metric(unit, (i.high - i.low) / 2.0)));
    format!("{}{}", signed(unit, value), half.unwrap_or_default())
}

/// Why some rows have no difference.
fn reasons(comparison: &Comparison, width: usize) -> Vec<String> {
    let task = |task: &TaskDifference| {
        Some(format!("{}: {}", task.task, task.outcome.as_ref().err()?.reason()))
    };
    let tasks = comparison.tasks.iter().filter_map(task);
    let averages = comparison.averages.iter().filter_map(|average| {
        Some(format!(
            "No average of {}: {}",
            average.name,
            average.outcome.as_ref().err()?.reason()
        ))
    });
    tasks.chain(averages).map(|text| note(&terminal_safe(&text), width)).collect()
}

fn small_print(options: &CompareOptions) -> String {
    format!(
        "Same documents in both; shares are times 100; \u{b1} is half the width of the 95 % interval, clusters resampled \
         together; p adjusted over all tasks shown (Holm); flips: wrong to right, right to wrong; the same: shown to differ \
         by less than {} points; undecided is not the same.",
        format::fixed(options.margin_points, 1)
    )
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::summary::Summary;
    use crate::testing;

    #[test]
    fn a_small_comparison_fits_the_terminal() {
        let (_dir, record) = testing::filled();
        let summary = Summary::draw(&record).unwrap();
        let text = difference_tables(summary.comparisons(), &CompareOptions::default(), 80, false);
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
