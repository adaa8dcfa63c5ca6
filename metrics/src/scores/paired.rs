//! Two models on the same documents.

use super::formula::{Formula, cluster_rows};
use super::{Clusters, Resampling, bootstrap, stderr};
use crate::{Estimate, Interval};

/// A difference with the bootstrap replicates from which an interval of any level is read.
#[derive(Clone, PartialEq, Debug)]
pub struct Replicated {
    /// Score of the old model.
    pub old: f64,
    /// Score of the new model.
    pub new: f64,
    /// Standard deviation of the replicates; `None` below two clusters.
    pub stderr: Option<f64>,
    /// Documents.
    pub n: usize,
    clusters: usize,
    replicates: Vec<f64>,
}

impl Replicated {
    /// new − old.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.new - self.old
    }

    /// The pivotal interval, expanded for few clusters ([`bootstrap::expansion`]); `None` where all
    /// replicates are alike.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let interval = bootstrap::pivotal(self.value(), self.replicates.clone(), level)?;
        let factor = bootstrap::expansion(self.clusters, level);
        factor.is_finite().then(|| bootstrap::expanded(&interval, self.value(), factor))
    }
}

/// new − old of a score that follows from sums over documents, clusters resampled in both models
/// together. `old` and `new` hold each document's row. `None` when they do not fit each other or a
/// score does not exist.
#[must_use]
pub fn of_sums(
    formula: Formula,
    old: &[Vec<f64>],
    new: &[Vec<f64>],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Replicated> {
    let (old, new) = (cluster_rows(old, clusters)?, cluster_rows(new, clusters)?);
    let score = |rows: &[Vec<f64>], times: &[u32]| bootstrap::resampled(formula, rows, times);
    let once = vec![1; clusters.len()];
    let replicates = bootstrap::replicates(clusters.len(), resampling, |times| {
        Some(score(&new, times)? - score(&old, times)?)
    });
    Some(Replicated {
        old: score(&old, &once)?,
        new: score(&new, &once)?,
        stderr: stderr::sample_sd(&replicates).filter(|_| clusters.len() > 1),
        n: clusters.documents(),
        clusters: clusters.len(),
        replicates,
    })
}

/// Mean of new − old over documents, with its clustered standard error and a pivotal cluster
/// bootstrap interval. Pairing removes what the documents themselves contribute. `None` without
/// documents or when the three differ in number.
#[must_use]
pub fn difference(
    old: &[f64],
    new: &[f64],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Estimate> {
    let differences = differences(old, new)?;
    let mut estimate = bootstrap::mean(&differences, clusters, resampling)?;
    estimate.stderr = stderr::of_mean_clustered(&differences, clusters);
    Some(estimate)
}

/// new − old, document by document; `None` when they differ in number.
#[must_use]
pub fn differences(old: &[f64], new: &[f64]) -> Option<Vec<f64>> {
    (old.len() == new.len()).then(|| new.iter().zip(old).map(|(new, old)| new - old).collect())
}

/// Whether an interval of a difference shows that it is smaller than `margin` either way (two
/// one-sided tests, Schuirmann 1987, with a 90 % interval for a 5 % level). Not finding a
/// difference does not show that.
#[must_use]
pub fn is_equivalent(interval: &Interval, margin: f64) -> bool {
    -margin < interval.low && interval.high < margin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::interval::normal;

    #[test]
    fn pairing_sees_what_two_means_do_not() {
        let old: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        let new: Vec<f64> =
            old.iter().enumerate().map(|(i, x)| x + 0.1 + 0.01 * (i % 3) as f64).collect();
        let found =
            difference(&old, &new, &Clusters::singletons(100), Resampling::default()).unwrap();
        let interval = found.interval.unwrap();
        assert!((found.value - 0.11).abs() < 0.001 && interval.low > 0.1 && interval.high < 0.12);
        assert!(found.stderr.unwrap() < 0.002);
    }

    #[test]
    fn sums_and_means_agree() {
        let old: Vec<f64> = (0..80).map(|i| f64::from(i * 7 % 10)).collect();
        let new: Vec<f64> = (0..80).map(|i| f64::from(i * 3 % 10) + 0.5).collect();
        let rows = |scores: &[f64]| scores.iter().map(|x| vec![*x, 1.0]).collect::<Vec<_>>();
        let labels: Vec<String> = (0..80).map(|i| (i / 2).to_string()).collect();
        let clusters = Clusters::from_labels(labels.iter().map(String::as_str));
        let resampling = Resampling::default();
        let sums = of_sums(Formula::Mean, &rows(&old), &rows(&new), &clusters, resampling).unwrap();
        let means = difference(&old, &new, &clusters, resampling).unwrap();
        assert!((sums.value() - means.value).abs() < 1e-12);
        let (a, b) = (sums.interval(0.95).unwrap(), means.interval.unwrap());
        let b = bootstrap::expanded(&b, means.value, bootstrap::expansion(40, 0.95));
        assert!((a.low - b.low).abs() < 1e-9 && (a.high - b.high).abs() < 1e-9);
        let narrower = sums.interval(0.90).unwrap();
        assert!(a.low < narrower.low && narrower.high < a.high);
        assert_eq!(
            of_sums(Formula::Ter, &rows(&old), &rows(&new)[1..], &clusters, resampling),
            None
        );
    }

    #[test]
    fn numbers_of_documents_must_match() {
        assert_eq!(
            difference(&[1.0], &[1.0, 2.0], &Clusters::singletons(2), Resampling::default()),
            None
        );
        assert_eq!(difference(&[], &[], &Clusters::singletons(0), Resampling::default()), None);
    }

    #[test]
    fn equivalence_takes_the_whole_interval() {
        assert!(is_equivalent(&normal(0.0, 0.05, 0.9), 0.1));
        assert!(!is_equivalent(&normal(0.0, 0.07, 0.9), 0.1), "too wide to tell");
        assert!(!is_equivalent(&normal(0.09, 0.05, 0.9), 0.1));
    }
}
