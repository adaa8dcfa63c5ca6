//! The difference of one metric of one task.

use std::collections::BTreeSet;

use harness_metrics::Interval;
use harness_metrics::scores::formula::Formula;
use harness_metrics::scores::mcnemar::Flips;
use harness_metrics::scores::paired::{self, Replicated};
use harness_metrics::scores::statistics::over_classes;
use harness_metrics::scores::{Clusters, Resampling, exchange, interval, power, sign_flip, stderr};

use super::{
    CompareOptions, Difference, Flipped, NoDifference, PairedDocuments, Test, Verdict, pair,
};
use crate::estimates::{DocumentValue, EstimateRow, Unit, formula, sums};
use crate::manifest::MetricName;
use crate::summary::{Cell, CellState, RECOVER};

/// A test reaches this power at its minimum detectable difference.
const POWER: f64 = 0.8;
const LEVEL: f64 = 0.95;

/// Compares a metric of two cells. The verdict is without adjustment for other tasks.
pub(super) fn difference(
    old: &Cell,
    new: &Cell,
    metric: &MetricName,
    options: &CompareOptions,
) -> Result<Difference, NoDifference> {
    let (old_row, new_row) = (row(old, metric, "the baseline")?, row(new, metric, "the model")?);
    let formula = common_formula((old, new), (old_row, new_row), metric)?;
    let paired = pair(old.kept.of(metric), new.kept.of(metric));
    let clusters = Clusters::from_labels(paired.documents.iter().map(|d| d.cluster.as_str()));
    let (old, new) = rows(&paired, (old, new), metric);
    let replicated = paired::of_sums(formula, &old, &new, &clusters, options.resampling)
        .ok_or_else(|| absent("they have no scored document in common".to_owned()))?;
    let tested = Tested::of(formula, &old, &new, &clusters, &replicated, options);
    Ok(assemble(new_row, &paired, &clusters, &replicated, &tested, options))
}

fn absent(reason: String) -> NoDifference {
    NoDifference::Absent(reason)
}

fn row<'a>(
    cell: &'a Cell,
    metric: &MetricName,
    who: &str,
) -> Result<&'a EstimateRow, NoDifference> {
    let why = match &cell.state {
        CellState::Scored => "is unscored".to_owned(),
        CellState::Missing(reason) => format!("has no data: {reason}"),
        CellState::Failed(reason) => format!("failed: {reason}"),
        CellState::Unfinished => "is unfinished".to_owned(),
    };
    let scored = cell.score(metric).filter(|scored| scored.row.value.is_some());
    scored.map(|scored| &scored.row).ok_or_else(|| absent(format!("{who} {why}")))
}

/// The formula of both scores.
fn common_formula(
    (old, new): (&Cell, &Cell),
    (old_row, new_row): (&EstimateRow, &EstimateRow),
    metric: &MetricName,
) -> Result<Formula, NoDifference> {
    let found = formula(old_row, &old.kept).zip(formula(new_row, &new.kept));
    if let Some((formula, _)) = found.filter(|(old, new)| old == new) {
        return Ok(formula);
    }
    let lacks = |cell: &Cell| cell.without_statistics.contains(metric);
    let name = &metric.metric;
    Err(absent(if lacks(old) || lacks(new) {
        format!("the record does not hold what each document contributes to {name}; {RECOVER}")
    } else {
        format!("{name} does not follow from numbers of single documents")
    }))
}

/// The documents' rows, over the same classes where columns are of classes.
fn rows(
    paired: &PairedDocuments,
    (old, new): (&Cell, &Cell),
    metric: &MetricName,
) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let classes = |cell: &Cell| cell.kept.shape(metric).map_or(Vec::new(), |s| s.classes.clone());
    let (old_classes, new_classes) = (classes(old), classes(new));
    let all: BTreeSet<String> = old_classes.iter().chain(&new_classes).cloned().collect();
    let all: Vec<String> = all.into_iter().collect();
    let over = |value: &DocumentValue, own: &[String]| {
        let row = sums(value)?;
        Some(if own.is_empty() { row } else { over_classes(&row, own, &all) })
    };
    let documents = &paired.documents;
    (
        documents.iter().filter_map(|document| over(&document.old, &old_classes)).collect(),
        documents.iter().filter_map(|document| over(&document.new, &new_classes)).collect(),
    )
}

/// What tests say of a difference.
struct Tested {
    test: Test,
    p: f64,
    stderr: Option<f64>,
    detectable: Option<f64>,
    flips: Option<Flipped>,
}

impl Tested {
    fn of(
        formula: Formula,
        old: &[Vec<f64>],
        new: &[Vec<f64>],
        clusters: &Clusters,
        replicated: &Replicated,
        options: &CompareOptions,
    ) -> Self {
        let permutations = Resampling { draws: options.permutations, ..options.resampling };
        if formula == Formula::Mean {
            let first = |rows: &[Vec<f64>]| rows.iter().map(|row| row[0]).collect::<Vec<f64>>();
            return Self::of_means(&first(old), &first(new), clusters, permutations);
        }
        let p = exchange::p_value(formula, old, new, clusters, permutations);
        let stderr = replicated.stderr;
        let detectable = stderr.and_then(|error| power::minimum_detectable(error, LEVEL, POWER));
        Self { test: Test::Exchange, p: p.unwrap_or(1.0), stderr, detectable, flips: None }
    }

    fn of_means(old: &[f64], new: &[f64], clusters: &Clusters, permutations: Resampling) -> Self {
        let differences = paired::differences(old, new).unwrap_or_default();
        let binary = old.iter().chain(new).all(|x| *x == 0.0 || *x == 1.0);
        let flips = Flips::count(old, new).filter(|_| binary).map(flipped);
        let independent = clusters.len() == clusters.documents();
        let (test, p) = match flips {
            Some(flips) if independent => (Test::McNemar, flips.mid_p),
            _ => {
                let p = sign_flip::p_value(&differences, clusters, permutations);
                (Test::SignFlip, p.unwrap_or(1.0))
            }
        };
        let null_error = stderr::of_no_difference(&differences, clusters);
        Self {
            test,
            p,
            stderr: stderr::of_mean_clustered(&differences, clusters),
            detectable: null_error.and_then(|e| power::minimum_detectable(e, LEVEL, POWER)),
            flips,
        }
    }
}

fn flipped(flips: Flips) -> Flipped {
    let Flips { gained, lost } = flips;
    Flipped { gained, lost, exact_p: flips.exact_p(), mid_p: flips.mid_p() }
}

fn assemble(
    row: &EstimateRow,
    paired: &PairedDocuments,
    clusters: &Clusters,
    replicated: &Replicated,
    tested: &Tested,
    options: &CompareOptions,
) -> Difference {
    let interval = |level| {
        let resampled = replicated.interval(level);
        let found = resampled.or_else(|| unchanged(tested.flips.as_ref()?, clusters, level));
        found.map(|interval| bounded(interval, row.unit))
    };
    let mut difference = Difference {
        old: replicated.old,
        new: replicated.new,
        stderr: tested.stderr,
        interval: interval(options.resampling.level),
        interval_90: interval(0.90),
        n: replicated.n,
        clusters: clusters.len(),
        dropped: paired.dropped,
        prompts_differ: paired.prompts_differ,
        flips: tested.flips,
        test: tested.test,
        p: tested.p,
        p_holm: tested.p,
        detectable: tested.detectable,
        margin: margin(row.unit, replicated.old, options),
        verdict: Verdict::Undecided,
    };
    difference.decide(tested.p, row.higher_is_better, options.alpha);
    difference
}

/// Where resampling cannot tell because every cluster changed alike: the effective documents are the
/// clusters.
fn unchanged(flips: &Flipped, clusters: &Clusters, level: f64) -> Option<Interval> {
    let share = clusters.len() as f64 / clusters.documents() as f64;
    let (gained, lost) = (flips.gained as f64 * share, flips.lost as f64 * share);
    interval::agresti_min(gained, lost, clusters.len() as f64, level)
}

/// Two shares differ by 1 at most.
fn bounded(interval: Interval, unit: Unit) -> Interval {
    let most = match unit {
        Unit::Fraction => 1.0,
        Unit::Points | Unit::Plain => return interval,
    };
    let (low, high) = (interval.low.max(-most), interval.high.min(most));
    Interval { low, high, ..interval }
}

fn margin(unit: Unit, old: f64, options: &CompareOptions) -> f64 {
    match unit {
        Unit::Fraction => options.margin_points / 100.0,
        Unit::Points => options.margin_points,
        Unit::Plain => options.margin_share * old.abs(),
    }
}

impl Difference {
    /// Takes the adjusted p-value and says what follows.
    pub(super) fn decide(&mut self, p_holm: f64, higher_is_better: bool, alpha: f64) {
        let gain = if higher_is_better { self.value() } else { -self.value() };
        let within = |interval: &Interval| paired::is_equivalent(interval, self.margin);
        self.p_holm = p_holm;
        self.verdict =
            Verdict::of(gain, p_holm, self.interval_90.as_ref().is_some_and(within), alpha);
    }

    /// The standard error that averages take: where every document changed alike the sample says 0,
    /// which is no certainty; the interval's half width serves then.
    pub(super) fn working_error(&self) -> Option<f64> {
        let from_interval = || {
            let ends = self.interval.as_ref()?;
            Some((ends.high - ends.low) / (2.0 * interval::z(ends.level)))
        };
        self.stderr.filter(|error| *error > 0.0).or_else(from_interval)
    }
}
