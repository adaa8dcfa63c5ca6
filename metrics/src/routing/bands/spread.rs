//! What a number looks like over many random draws.

use serde::{Deserialize, Serialize};

use crate::scores::bootstrap::quantile;
use crate::scores::stderr;

/// Mean and central 95 % of a number over random draws. Not an interval of an estimate: it says
/// what chance alone makes of the number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Mean over draws.
    pub mean: f64,
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
    /// Draws that have a value.
    pub draws: usize,
}

impl Spread {
    /// The spread of finite values; `None` of none.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&values, 0.025), quantile(&values, 0.975));
        Some(Self { mean: stderr::mean(&values)?, low, high, draws: values.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_central_part() {
        let spread = Spread::of((0..=1000).map(f64::from).collect()).unwrap();
        assert_eq!(
            (spread.mean, spread.low, spread.high, spread.draws),
            (500.0, 25.0, 975.0, 1001)
        );
        assert_eq!(Spread::of(vec![f64::NAN]), None);
    }
}
