//! The interval of one aggregate.

use harness_metrics::scores::{Clusters, Resampling, bootstrap, interval as closed, stderr};
use harness_metrics::{Estimate, Interval};

use super::documents::ScoredDocument;
use super::{DocumentValue, EstimateRow, TaskScores};
use crate::manifest::MetricName;

/// The interval of `row`, from the documents' own scores where they make it up, else from its
/// standard error, else none.
pub(crate) fn interval(
    row: &EstimateRow,
    scores: &TaskScores,
    resampling: Resampling,
) -> Option<Interval> {
    let value = row.value?;
    let name = MetricName { metric: row.metric.clone(), filter: row.filter.clone() };
    let documents = scores.of(&name);
    let labels = documents.iter().map(|scored| scored.document.cluster.as_str());
    let clusters = Clusters::from_labels(labels);
    let interval = of_numbers(row, documents, &clusters, resampling)
        .or_else(|| of_ratio(row, documents, &clusters, resampling))
        .or_else(|| row.stderr.map(|stderr| closed::normal(value, stderr, resampling.level)))?;
    Some(bounded(interval, row.unit.bounds()))
}

fn of_numbers(
    row: &EstimateRow,
    documents: &[ScoredDocument],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Interval> {
    let number = |document: &ScoredDocument| match document.value {
        DocumentValue::Number(number) => Some(number),
        _ => None,
    };
    let numbers: Vec<f64> = documents.iter().map(number).collect::<Option<_>>()?;
    let is_right_or_wrong = numbers.iter().all(|x| *x == 0.0 || *x == 1.0);
    if row.per_document && is_right_or_wrong && same(stderr::mean(&numbers)?, row.value?) {
        return closed::wilson_clustered(&numbers, clusters, resampling.level);
    }
    checked(row, bootstrap::mean(&numbers, clusters, resampling)?)
}

/// Perplexities and bits per byte: a function of Σ log-likelihoods / Σ words or bytes
/// (lm-eval's `weighted_perplexity` and `bits_per_byte`).
fn of_ratio(
    row: &EstimateRow,
    documents: &[ScoredDocument],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Interval> {
    let pair = |document: &ScoredDocument| match document.value {
        DocumentValue::Weighted { sum, weight } => Some((sum, weight)),
        _ => None,
    };
    let pairs: Vec<(f64, f64)> = documents.iter().map(pair).collect::<Option<_>>()?;
    let (sums, weights): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let transform = |ratio: f64| match row.metric.as_str() {
        "bits_per_byte" => -ratio / std::f64::consts::LN_2,
        _ => (-ratio).exp(),
    };
    checked(row, bootstrap::ratio(&sums, &weights, clusters, transform, resampling)?)
}

/// An estimate's interval belongs to the row only if it is an estimate of the same value.
fn checked(row: &EstimateRow, estimate: Estimate) -> Option<Interval> {
    let value = row.value?;
    estimate.interval.filter(|_| same(estimate.value, value))
}

fn same(found: f64, value: f64) -> bool {
    (found - value).abs() <= 1e-6 * value.abs().max(1e-3)
}

/// A pivotal interval may reach beyond what the metric can be.
fn bounded(interval: Interval, bounds: Option<(f64, f64)>) -> Interval {
    let Some((least, most)) = bounds else { return interval };
    Interval {
        low: interval.low.clamp(least, most),
        high: interval.high.clamp(least, most),
        ..interval
    }
}

#[cfg(test)]
mod tests {
    use harness_metrics::IntervalMethod;

    use super::*;
    use crate::estimates::Unit;
    use crate::testing;

    fn scores(task: &str, documents: usize) -> TaskScores {
        let mut scores = TaskScores::default();
        (0..documents).for_each(|id| scores.add(&testing::document("base", task, id)));
        scores
    }

    fn row(task: &str, documents: usize) -> EstimateRow {
        testing::outcome("base", task, documents).estimates.remove(0)
    }

    #[test]
    fn right_and_wrong_get_wilsons() {
        let found =
            interval(&row("heb_snli", 20), &scores("heb_snli", 20), Resampling::default()).unwrap();
        assert_eq!(found.method, IntervalMethod::Wilson);
        assert!(found.low < 0.5 && found.high > 0.5);
    }

    #[test]
    fn means_and_ratios_get_the_bootstrap() {
        for task in ["heb_trans_flores", "probe_he"] {
            let found = interval(&row(task, 20), &scores(task, 20), Resampling::default()).unwrap();
            let value = row(task, 20).value.unwrap();
            assert_eq!(found.method, IntervalMethod::ClusterBootstrap, "{task}");
            assert!(found.low < value && value < found.high, "{task}");
        }
    }

    #[test]
    fn a_value_that_documents_do_not_make_up_has_its_standard_error() {
        let mut row = EstimateRow { value: Some(0.4), ..row("heb_trans_flores", 20) };
        let with = |row: &EstimateRow| {
            interval(row, &scores("heb_trans_flores", 20), Resampling::default())
        };
        assert_eq!(with(&row).unwrap().method, IntervalMethod::Normal);
        row.stderr = None;
        assert_eq!(with(&row), None);
        row.value = None;
        assert_eq!(with(&row), None);
    }

    #[test]
    fn shares_stay_between_0_and_1() {
        let row = EstimateRow {
            value: Some(0.9),
            stderr: Some(0.2),
            unit: Unit::Fraction,
            ..row("probe_he", 1)
        };
        let found = interval(&row, &TaskScores::default(), Resampling::default()).unwrap();
        assert_eq!((found.high, found.low > 0.4), (1.0, true));
    }
}
