//! Matthews' correlation coefficient, as scikit-learn's `matthews_corrcoef`.

use harness_metrics::scores::{Formula, SufficientStatistics};

use super::Statistic;
use super::classes::Classes;

/// Gold and predicted classes of all documents.
pub(super) struct Correlation(Classes);

impl Correlation {
    pub(super) fn new(labels: &[(String, String)]) -> Self {
        Self(Classes::new(labels))
    }
}

impl Statistic for Correlation {
    fn len(&self) -> usize {
        self.0.pairs.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        Formula::Matthews.of(&self.0.counts(chosen))
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        Some(self.0.sufficient(Formula::Matthews))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(i32, i32)]) -> f64 {
        let labels: Vec<_> =
            pairs.iter().map(|(gold, guess)| (gold.to_string(), guess.to_string())).collect();
        Correlation::new(&labels).of_all().unwrap()
    }

    #[test]
    fn perfect_none_and_opposite() {
        assert_eq!(of(&[(0, 0), (1, 1), (1, 1)]), 1.0);
        assert_eq!(of(&[(0, 1), (1, 0)]), -1.0);
        assert_eq!(of(&[(0, 1), (1, 1)]), 0.0);
    }

    /// scikit-learn's documentation: y_true [1,1,1,-1], y_pred [1,-1,1,1].
    #[test]
    fn the_documented_example() {
        assert!((of(&[(1, 1), (1, -1), (1, 1), (-1, 1)]) + 1.0 / 3.0).abs() < 1e-12);
    }
}
