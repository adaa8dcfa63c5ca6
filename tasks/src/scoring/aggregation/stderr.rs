//! Standard errors of a benchmark's number.

use super::bootstrap::bootstrap_stderr;
use super::mean::mean;
use super::{Aggregation, Average, Statistic};

/// The most replicates of a metric that sacreBLEU computes.
const TRANSLATION_ITERATIONS: usize = 100;

/// The sample standard deviation (n − 1); `None` of fewer than two.
pub(super) fn sample_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values.iter().copied())?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The standard error of a mean: sample deviation over √n. `None` of fewer
/// than two.
#[must_use]
pub fn mean_stderr(values: &[f64]) -> Option<f64> {
    sample_deviation(values).map(|deviation| deviation / (values.len() as f64).sqrt())
}

impl Aggregation {
    /// The standard error that lm-evaluation-harness gives
    /// (`stderr_for_metric`): closed for means, bootstrapped for a listed few,
    /// none ("N/A") for the rest, for one document and for no iterations.
    #[must_use]
    pub fn stderr(self, statistic: &dyn Statistic, iterations: usize) -> Option<f64> {
        if iterations == 0 || statistic.len() < 2 {
            return None;
        }
        match self {
            Self::Mean => {
                let values: Option<Vec<f64>> =
                    (0..statistic.len()).map(|index| statistic.of(&[index])).collect();
                mean_stderr(&values?)
            }
            Self::NanMean | Self::Median | Self::Perplexity | Self::MatthewsCorrcoef => {
                bootstrap_stderr(statistic, iterations)
            }
            Self::F1(Average::Binary) => bootstrap_stderr(statistic, iterations),
            Self::Bleu { .. } | Self::Chrf { .. } | Self::Ter => {
                bootstrap_stderr(statistic, iterations.min(TRANSLATION_ITERATIONS))
            }
            Self::F1(_)
            | Self::WeightedPerplexity
            | Self::BitsPerByte
            | Self::BrierScore
            | Self::Bypass => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_five_answers() {
        let stderr = mean_stderr(&[1.0, 0.0, 1.0, 1.0, 0.0]).unwrap();
        assert!((stderr - 0.244_948_974_278_317_83).abs() < 1e-15, "{stderr}");
        assert_eq!(mean_stderr(&[1.0]), None);
        assert_eq!(mean_stderr(&[1.0, 1.0]), Some(0.0));
    }
}
