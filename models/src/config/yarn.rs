//! YaRN (arXiv:2309.00071): slow frequencies are interpolated, fast ones are left.

use super::ConfigReader;

/// Parameters of `rope_type: yarn`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Yarn {
    /// How much longer the context is than the one trained on.
    factor: f64,
    /// Length of the context trained on.
    original: f64,
    /// Turns within it from which a frequency is left as it is, and up to which it is divided.
    beta_fast: f64,
    beta_slow: f64,
    /// Whether the bounds between the two are whole numbers.
    truncate: bool,
    attention_factor: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
}

impl Yarn {
    pub(super) fn read(rope: &ConfigReader, original: usize, positions: usize) -> Self {
        let given = |key| rope.has(&[key]).then(|| rope.non_negative_or(&[key], 0.0));
        let scale = |key| given(key).filter(|&n| n > 0.0);
        Self {
            factor: rope.positive_or(&["factor"], positions as f64 / original as f64),
            original: original as f64,
            beta_fast: rope.positive_or(&["beta_fast"], 32.0),
            beta_slow: rope.positive_or(&["beta_slow"], 1.0),
            truncate: rope.flag_or(&["truncate"], true),
            attention_factor: scale("attention_factor"),
            mscale: scale("mscale"),
            mscale_all_dim: scale("mscale_all_dim"),
        }
    }

    /// The `index`-th of `width / 2` frequencies to a base.
    pub(super) fn apply(&self, frequency: f64, index: usize, width: usize, base: f64) -> f64 {
        let (low, high) = self.range(width as f64, base);
        let divided = ((index as f64 - low) / (high - low)).clamp(0.0, 1.0);
        frequency / self.factor * divided + frequency * (1.0 - divided)
    }

    /// Between which indices a frequency goes from left to divided.
    fn range(&self, width: f64, base: f64) -> (f64, f64) {
        let index = |turns: f64| {
            width * (self.original / (turns * std::f64::consts::TAU)).ln() / (2.0 * base.ln())
        };
        let (mut low, mut high) = (index(self.beta_fast), index(self.beta_slow));
        if self.truncate {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(width - 1.0));
        // The reference keeps the ramp from being infinitely steep by the same distance.
        if low == high { (low, high + 0.001) } else { (low, high) }
    }

    /// What cosine and sine are multiplied with.
    pub(super) fn attention_factor(&self) -> f64 {
        let computed = match (self.mscale, self.mscale_all_dim) {
            (Some(mscale), Some(all)) => self.magnitude(mscale) / self.magnitude(all),
            _ => self.magnitude(1.0),
        };
        self.attention_factor.unwrap_or(computed)
    }

    /// What DeepSeek multiplies the softmax scale with.
    pub(crate) fn softmax_factor(&self) -> f64 {
        self.mscale_all_dim.map_or(1.0, |all| self.magnitude(all).powi(2))
    }

    fn magnitude(&self, mscale: f64) -> f64 {
        if self.factor <= 1.0 { 1.0 } else { 0.1 * mscale * self.factor.ln() + 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yarn() -> Yarn {
        let rope = json!({ "factor": 40.0, "mscale": 1.0, "mscale_all_dim": 1.0 });
        Yarn::read(&ConfigReader::new(rope).unwrap(), 4096, 163_840)
    }

    /// DeepSeek-V3: 64 rotated numbers to the base 10,000; bounds 10 and 23 by the paper's formula.
    #[test]
    fn fast_frequencies_stay_and_slow_ones_are_divided() {
        assert_eq!(yarn().range(64.0, 10_000.0), (10.0, 23.0));
        assert_eq!(yarn().apply(1.0, 10, 64, 10_000.0), 1.0);
        assert_eq!(yarn().apply(1.0, 23, 64, 10_000.0), 1.0 / 40.0);
        let between = yarn().apply(1.0, 16, 64, 10_000.0);
        assert!(between > 1.0 / 40.0 && between < 1.0);
    }

    #[test]
    fn equal_magnitudes_cancel_and_sharpen_the_softmax() {
        let magnitude = 0.1 * 40f64.ln() + 1.0;
        assert_eq!(yarn().attention_factor(), 1.0);
        assert!((yarn().softmax_factor() - magnitude * magnitude).abs() < 1e-12);
        let plain = Yarn { mscale: None, mscale_all_dim: None, ..yarn() };
        assert_eq!((plain.attention_factor(), plain.softmax_factor()), (magnitude, 1.0));
    }
}
