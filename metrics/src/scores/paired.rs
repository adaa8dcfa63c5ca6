//! Two models on the same documents.

use super::{Clusters, Resampling, bootstrap, stderr};
use crate::{Estimate, Interval};

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
