//! The keys of rotary position embedding, in both generations of spelling.

use super::ConfigReader;

/// Base and scaling of the rotation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RopeConfig {
    /// `rope_theta`.
    pub(crate) base: f64,
    /// How frequencies are changed for contexts longer than those trained on.
    pub(crate) scaling: Scaling,
}

/// `rope_type` with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scaling {
    /// None.
    Default,
    /// All frequencies divided by a factor.
    Linear(f64),
    /// Llama 3.1's smooth interpolation between unchanged and divided frequencies.
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
}

impl RopeConfig {
    /// Reads `rope_parameters`, or the older `rope_theta` and `rope_scaling`.
    pub(crate) fn read(config: &ConfigReader, default_base: f64) -> Self {
        let rope = config.object(&["rope_parameters", "rope_scaling"]);
        let outer = config.positive_or(&["rope_theta"], default_base);
        let base = rope.positive_or(&["rope_theta"], outer);
        let scaling = Scaling::read(&rope, config);
        if rope.positive_or(&["partial_rotary_factor"], 1.0) != 1.0 {
            rope.reject(&["partial_rotary_factor"], "1 (partial rotation is not built in)");
        }
        config.absorb(rope);
        Self { base, scaling }
    }

    /// Frequencies of `width` rotated numbers, in radians a position.
    ///
    /// Formulas: `modeling_rope_utils.py` of transformers.
    pub(crate) fn frequencies(&self, width: usize) -> Vec<f32> {
        let plain = |i: usize| self.base.powf(-((2 * i) as f64) / width as f64);
        (0..width / 2).map(|i| self.scaling.apply(plain(i)) as f32).collect()
    }
}

impl Scaling {
    fn read(rope: &ConfigReader, config: &ConfigReader) -> Self {
        match rope.text(&["rope_type", "type"]).as_deref() {
            None | Some("default") => Self::Default,
            Some("linear") => Self::Linear(rope.positive_or(&["factor"], 1.0)),
            Some("llama3") => Self::Llama3 {
                factor: rope.positive_or(&["factor"], 1.0),
                low: rope.positive_or(&["low_freq_factor"], 1.0),
                high: rope.positive_or(&["high_freq_factor"], 4.0),
                original: rope.size_or(
                    &["original_max_position_embeddings"],
                    config.size_or(&["max_position_embeddings"], 8192),
                ) as f64,
            },
            Some(_) => {
                rope.reject(&["rope_type", "type"], "default, linear or llama3");
                Self::Default
            }
        }
    }

    fn apply(&self, frequency: f64) -> f64 {
        match *self {
            Self::Default => frequency,
            Self::Linear(factor) => frequency / factor,
            Self::Llama3 { factor, low, high, original } => {
                let turns = original * frequency / std::f64::consts::TAU;
                let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                frequency * ((1.0 - smooth) / factor + smooth)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama3_leaves_fast_frequencies_and_divides_slow_ones() {
        let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 };
        assert_eq!(scaling.apply(1.0), 1.0);
        assert_eq!(scaling.apply(1e-5), 1e-5 / 8.0);
        let between = scaling.apply(2.0 * std::f64::consts::TAU / 8192.0);
        let frequency = 2.0 * std::f64::consts::TAU / 8192.0;
        assert!(between > frequency / 8.0 && between < frequency);
    }
}
