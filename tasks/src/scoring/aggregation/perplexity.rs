//! Perplexities and bits per byte.

use harness_metrics::scores::{Formula, SufficientStatistics};

use super::Statistic;
use super::mean::mean;

/// The log-likelihoods of all documents.
pub(super) struct Perplexity(pub(super) Vec<f64>);

impl Statistic for Perplexity {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        mean(chosen.iter().map(|&index| self.0[index])).map(|mean| (-mean).exp())
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        let rows = self.0.iter().map(|log_likelihood| vec![*log_likelihood, 1.0]).collect();
        Some(SufficientStatistics { formula: Formula::Perplexity, classes: Vec::new(), rows })
    }
}

/// The log-likelihoods of all documents and the words or bytes of each.
pub(super) struct Weighted {
    pub(super) sums: Vec<(f64, f64)>,
    /// Bits instead of the perplexity.
    pub(super) in_bits: bool,
}

impl Statistic for Weighted {
    fn len(&self) -> usize {
        self.sums.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        let sum: f64 = chosen.iter().map(|&index| self.sums[index].0).sum();
        let weight: f64 = chosen.iter().map(|&index| self.sums[index].1).sum();
        let mean = sum / weight;
        (weight > 0.0)
            .then(|| if self.in_bits { -mean / std::f64::consts::LN_2 } else { (-mean).exp() })
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        let formula = if self.in_bits { Formula::BitsPerByte } else { Formula::Perplexity };
        let rows = self.sums.iter().map(|&(sum, weight)| vec![sum, weight]).collect();
        Some(SufficientStatistics { formula, classes: Vec::new(), rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_a_byte_is_a_perplexity_of_two() {
        let sums = vec![(-2.0 * std::f64::consts::LN_2, 1.0), (0.0, 1.0)];
        let bits = Weighted { sums: sums.clone(), in_bits: true };
        assert_eq!(bits.of_all(), Some(1.0));
        let perplexity = Weighted { sums, in_bits: false };
        assert!((perplexity.of_all().unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(perplexity.of(&[]), None);
    }
}
