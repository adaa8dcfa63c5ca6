//! Matthews' correlation coefficient, as scikit-learn's `matthews_corrcoef`.

use super::Statistic;
use super::f1::encode;

/// Gold and predicted classes of all documents.
pub(super) struct Correlation {
    pairs: Vec<(usize, usize)>,
    classes: usize,
}

impl Correlation {
    pub(super) fn new(labels: &[(String, String)]) -> Self {
        let (pairs, names) = encode(labels);
        Self { pairs, classes: names.len() }
    }
}

impl Statistic for Correlation {
    fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The multi-class form (Gorodkin 2004), 0 where a side has one class.
    fn of(&self, chosen: &[usize]) -> Option<f64> {
        let mut gold = vec![0.0; self.classes];
        let mut predicted = vec![0.0; self.classes];
        let mut correct = 0.0;
        for &index in chosen {
            let (truth, guess) = self.pairs[index];
            gold[truth] += 1.0;
            predicted[guess] += 1.0;
            correct += f64::from(u8::from(truth == guess));
        }
        let total = chosen.len() as f64;
        let of_both = correct * total - dot(&gold, &predicted);
        let of_gold = total * total - dot(&gold, &gold);
        let of_predicted = total * total - dot(&predicted, &predicted);
        let product = of_gold * of_predicted;
        Some(if product == 0.0 { 0.0 } else { of_both / product.sqrt() })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
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
