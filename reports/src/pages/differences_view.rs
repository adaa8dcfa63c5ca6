//! Comparisons as readers see them.

use serde::Serialize;

use super::differences_text::sentences;
use super::format::{self, fixed};
use crate::estimates::Unit;
use crate::manifest::HEADLINE;
use crate::summary::comparison::{
    AverageDifference, Comparison, Difference, FlippedDocument, MeanDifference, NoDifference,
    TaskDifference,
};

/// A model against a baseline.
#[derive(Serialize)]
pub(super) struct DifferenceTable {
    model: String,
    baseline: String,
    relation: &'static str,
    /// What the numbers add up to, in sentences.
    sentences: Vec<String>,
    rows: Vec<DifferenceRow>,
    averages: Vec<DifferenceRow>,
    flips: Vec<FlipTable>,
}

/// One task or average.
#[derive(Serialize)]
pub(crate) struct DifferenceRow {
    pub(crate) name: String,
    pub(crate) metric: String,
    pub(crate) n: String,
    pub(crate) old: String,
    pub(crate) new: String,
    /// Difference with its 95 % interval.
    pub(crate) difference: String,
    pub(crate) p: String,
    pub(crate) p_holm: String,
    pub(crate) test: String,
    /// Right to wrong and wrong to right.
    pub(crate) flips: String,
    pub(crate) detectable: String,
    pub(crate) verdict: String,
    /// Why there is no difference, and what else to know.
    pub(crate) notes: Vec<String>,
}

/// Documents of a task that flipped.
#[derive(Serialize)]
pub(super) struct FlipTable {
    task: String,
    /// Language tag of the questions, for the page's `lang`.
    language: String,
    counts: String,
    documents: Vec<FlipRow>,
}

#[derive(Serialize)]
struct FlipRow {
    doc_id: usize,
    direction: &'static str,
    question: Option<String>,
    target: String,
    old_answer: String,
    new_answer: String,
}

impl DifferenceTable {
    pub(super) fn of(comparison: &Comparison, flips: Vec<FlipTable>) -> Self {
        Self {
            model: comparison.model.clone(),
            baseline: comparison.baseline.clone(),
            relation: comparison.relation.name(),
            sentences: sentences(comparison),
            rows: comparison.tasks.iter().map(task_row).collect(),
            averages: average_rows(comparison),
            flips,
        }
    }
}

impl FlipTable {
    /// `None` without documents to show.
    pub(super) fn of(
        task: &TaskDifference,
        language: &str,
        documents: &[FlippedDocument],
    ) -> Option<Self> {
        let flips = task.outcome.as_ref().ok()?.flips?;
        let row = |document: &FlippedDocument| FlipRow {
            doc_id: document.doc_id,
            direction: if document.gained { "wrong to right" } else { "right to wrong" },
            question: document.question.clone(),
            target: document.target.clone(),
            old_answer: document.old_answer.clone(),
            new_answer: document.new_answer.clone(),
        };
        (!documents.is_empty()).then(|| Self {
            task: task.task.clone(),
            language: language.to_owned(),
            counts: format!("{} wrong to right, {} right to wrong", flips.gained, flips.lost),
            documents: documents.iter().map(row).collect(),
        })
    }
}

/// Averages of groups, then of categories with more than one task.
pub(crate) fn average_rows(comparison: &Comparison) -> Vec<DifferenceRow> {
    let groups = comparison.averages.iter().map(|average| average_row(average, "average of"));
    let several = comparison.categories.iter().filter(|category| category.tasks.len() > 1);
    groups.chain(several.map(|category| average_row(category, "category"))).collect()
}

pub(crate) fn task_row(task: &TaskDifference) -> DifferenceRow {
    let metric = &task.metric;
    let filter = if metric.filter == "none" || metric.filter.is_empty() {
        String::new()
    } else {
        format!(", {}", metric.filter)
    };
    let arrow = if task.higher_is_better { "" } else { " (lower is better)" };
    let empty =
        DifferenceRow::empty(task.task.clone(), format!("{}{filter}{arrow}", metric.metric));
    match &task.outcome {
        Ok(difference) => with_numbers(empty, task.unit, difference),
        Err(why) => empty.without(why),
    }
}

impl DifferenceRow {
    fn empty(name: String, metric: String) -> Self {
        let dash = || "–".to_owned();
        Self {
            name,
            metric,
            n: String::new(),
            old: dash(),
            new: dash(),
            difference: dash(),
            p: dash(),
            p_holm: dash(),
            test: String::new(),
            flips: String::new(),
            detectable: dash(),
            verdict: String::new(),
            notes: Vec::new(),
        }
    }

    fn without(self, why: &NoDifference) -> Self {
        let verdict = match why {
            NoDifference::Absent(_) => "no score",
            NoDifference::Incomparable(_) => "not comparable",
        };
        Self { verdict: verdict.to_owned(), notes: vec![why.reason()], ..self }
    }
}

fn with_numbers(row: DifferenceRow, unit: Unit, difference: &Difference) -> DifferenceRow {
    DifferenceRow {
        n: difference.n.to_string(),
        old: format::metric(unit, difference.old),
        new: format::metric(unit, difference.new),
        difference: with_interval(unit, difference.value(), difference.interval.as_ref()),
        p: p_value(difference.p),
        p_holm: p_value(difference.p_holm),
        test: difference.test.name().to_owned(),
        flips: difference
            .flips
            .map_or_else(String::new, |f| format!("+{} \u{2212}{}", f.gained, f.lost)),
        detectable: optional(unit, difference.detectable),
        verdict: difference.verdict.name().to_owned(),
        notes: notes(difference),
        ..row
    }
}

fn notes(difference: &Difference) -> Vec<String> {
    let mut notes = Vec::new();
    let (old, new) = difference.dropped;
    if old + new > 0 {
        notes.push(format!(
            "left out: {old} documents that only the baseline and {new} that only the model has a score for"
        ));
    }
    if difference.prompts_differ > 0 {
        notes.push(format!(
            "{} of {} documents had another prompt, as chat templates make",
            difference.prompts_differ, difference.n
        ));
    }
    if difference.clusters < difference.n {
        notes.push(format!("{} clusters", difference.clusters));
    }
    notes
}

fn average_row(average: &AverageDifference, kind: &str) -> DifferenceRow {
    let metric = if average.metric == HEADLINE {
        "mean of the tasks".to_owned()
    } else {
        format!("mean {}", average.metric)
    };
    let mut row = match &average.outcome {
        Ok(difference) => {
            mean_row(DifferenceRow::empty(String::new(), metric), average.unit, difference)
        }
        Err(why) => DifferenceRow::empty(String::new(), metric).without(why),
    };
    row.name = format!("{kind} {}", average.name);
    let with = |(task, other): &(String, String)| format!("with {other} in place of {task}");
    row.notes.extend(average.stand_ins.iter().map(with));
    row
}

fn mean_row(row: DifferenceRow, unit: Unit, difference: &MeanDifference) -> DifferenceRow {
    DifferenceRow {
        n: difference.n.to_string(),
        old: format::metric(unit, difference.old),
        new: format::metric(unit, difference.new),
        difference: with_interval(unit, difference.value(), difference.interval.as_ref()),
        p: p_value(difference.p),
        p_holm: p_value(difference.p_holm),
        test: "normal".to_owned(),
        detectable: optional(unit, difference.detectable),
        verdict: difference.verdict.name().to_owned(),
        ..row
    }
}

fn optional(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format::metric(unit, value))
}

/// `+23.3 (17.0 to 29.8)`.
fn with_interval(unit: Unit, value: f64, interval: Option<&harness_metrics::Interval>) -> String {
    let ends = |i: &harness_metrics::Interval| {
        format!(" ({} to {})", signed(unit, i.low), signed(unit, i.high))
    };
    format!("{}{}", signed(unit, value), interval.map_or_else(String::new, ends))
}

/// A difference with its sign: `+23.3`, `−2.1`, `0.0`.
pub(crate) fn signed(unit: Unit, value: f64) -> String {
    let text = format::metric(unit, value);
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// `0.012`, `< 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { fixed(p, 3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_p_values() {
        assert_eq!(signed(Unit::Fraction, 0.233), "+23.3");
        assert_eq!(signed(Unit::Fraction, -0.021), "\u{2212}2.1");
        assert_eq!(signed(Unit::Fraction, 0.0001), "0.0");
        assert_eq!((p_value(0.0001), p_value(0.0123)), ("< 0.001".to_owned(), "0.012".to_owned()));
    }
}
