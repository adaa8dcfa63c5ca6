//! The interval of one aggregate.

use harness_metrics::Interval;
use harness_metrics::scores::{Clusters, Resampling, bootstrap, interval as closed, stderr};

use super::documents::ScoredDocument;
use super::sums::{formula, same, sums};
use super::{DocumentValue, EstimateRow, TaskScores};
use crate::manifest::MetricName;

/// The interval of `row`, from what the documents contribute to it where they make it up, else
/// from its standard error, else none.
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
    let interval = of_answers(row, documents, &clusters, resampling.level)
        .or_else(|| of_sums(row, scores, documents, &clusters, resampling))
        .or_else(|| row.stderr.map(|stderr| closed::normal(value, stderr, resampling.level)))?;
    Some(bounded(interval, row.unit.bounds()))
}

/// Shares of right answers.
fn of_answers(
    row: &EstimateRow,
    documents: &[ScoredDocument],
    clusters: &Clusters,
    level: f64,
) -> Option<Interval> {
    let answer = |document: &ScoredDocument| match document.value {
        DocumentValue::Number(number) => Some(number).filter(|x| *x == 0.0 || *x == 1.0),
        _ => None,
    };
    let answers: Vec<f64> = documents.iter().map(answer).collect::<Option<_>>()?;
    let is_share = row.per_document && same(stderr::mean(&answers)?, row.value?);
    closed::wilson_clustered(&answers, clusters, level).filter(|_| is_share)
}

/// Everything else that follows from sums over documents.
fn of_sums(
    row: &EstimateRow,
    scores: &TaskScores,
    documents: &[ScoredDocument],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Interval> {
    let formula = formula(row, scores)?;
    let rows: Vec<Vec<f64>> =
        documents.iter().map(|document| sums(&document.value)).collect::<Option<_>>()?;
    bootstrap::of_sums(formula, &rows, clusters, resampling)?.interval
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
    fn corpus_metrics_get_the_bootstrap_where_the_record_has_statistics() {
        let (row, mut scores) = testing::bleu(20);
        let of = |scores: &TaskScores| interval(&row, scores, Resampling::default()).unwrap();
        assert_eq!(of(&scores).method, IntervalMethod::Normal);
        scores.join(testing::bleu_statistics(20));
        let found = of(&scores);
        assert_eq!(found.method, IntervalMethod::ClusterBootstrap);
        assert!(found.low < row.value.unwrap() && row.value.unwrap() < found.high);
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
