//! The keys of rotary position embedding, in both generations of spelling.

use super::ConfigReader;
use super::yarn::Yarn;

/// Base, rotated part and scaling of the rotation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RopeConfig {
    /// `rope_theta`.
    pub(crate) base: f64,
    /// How much of a head is rotated: its first numbers.
    pub(crate) partial: f64,
    /// How frequencies are changed for contexts longer than those trained on.
    pub(crate) scaling: Scaling,
}

/// What a family takes where the config is silent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RopeDefaults {
    pub(crate) base: f64,
    /// `None` in families that rotate whole heads, whatever the config says.
    pub(crate) partial: Option<f64>,
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
    /// Interpolation by frequency (arXiv:2309.00071).
    Yarn(Yarn),
    /// A factor a frequency (arXiv:2402.13753). Only contexts up to `original` tokens are run, so only
    /// the factors of short ones are kept: the others would make a token depend on those after it.
    LongRope { short: Vec<f64>, factor: f64, original: usize },
}

impl RopeConfig {
    /// Reads `rope_parameters`, or the older `rope_theta` and `rope_scaling`.
    pub(crate) fn read(config: &ConfigReader, defaults: RopeDefaults) -> Self {
        let rope = config.object(&["rope_parameters", "rope_scaling"]);
        let base = config.positive_or(&["rope_theta"], defaults.base);
        Self::of_object(config, rope, RopeDefaults { base, ..defaults })
    }

    /// Reads one object of rotation parameters; `defaults` stand for what it lacks.
    pub(crate) fn of_object(
        config: &ConfigReader,
        rope: ConfigReader,
        defaults: RopeDefaults,
    ) -> Self {
        let base = rope.positive_or(&["rope_theta"], defaults.base);
        let partial = read_partial(config, &rope, defaults.partial);
        let scaling = Scaling::read(&rope, config);
        config.absorb(rope);
        Self { base, partial, scaling }
    }

    /// Frequencies of a head of `width` numbers, in radians a position: one for two rotated numbers.
    ///
    /// Formulas: `modeling_rope_utils.py` of transformers.
    pub(crate) fn frequencies(&self, width: usize) -> Vec<f32> {
        let rotated = (width as f64 * self.partial) as usize;
        let plain = |i: usize| self.base.powf(-((2 * i) as f64) / rotated as f64);
        let scaled = |i: usize| match &self.scaling {
            Scaling::Yarn(yarn) => yarn.apply(plain(i), i, rotated, self.base),
            Scaling::LongRope { short, .. } => plain(i) / short.get(i).unwrap_or(&1.0),
            scaling => scaling.apply(plain(i)),
        };
        (0..rotated / 2).map(|i| scaled(i) as f32).collect()
    }

    /// What cosine and sine are multiplied with.
    pub(crate) fn factor(&self) -> f32 {
        match &self.scaling {
            Scaling::Yarn(yarn) => yarn.attention_factor() as f32,
            Scaling::LongRope { factor, .. } => *factor as f32,
            _ => 1.0,
        }
    }

    /// The longest context that is run, where the scaling sets one.
    pub(crate) fn longest(&self) -> Option<usize> {
        match self.scaling {
            Scaling::LongRope { original, .. } => Some(original),
            _ => None,
        }
    }
}

/// The rotated part of a head: a factor, or in MiniMax's checkpoints a number of numbers.
fn read_partial(config: &ConfigReader, rope: &ConfigReader, default: Option<f64>) -> f64 {
    let key = ["partial_rotary_factor"];
    let share = |reader: &ConfigReader, default| {
        let given = reader.positive_or(&key, default);
        if given > 1.0 {
            reader.reject(&key, "a number above 0 and at most 1");
        }
        given.min(1.0)
    };
    match default {
        Some(default) => share(rope, share(config, default)),
        None if share(rope, 1.0) != 1.0 => {
            rope.reject(&key, "1 (this family rotates whole heads)");
            1.0
        }
        None => 1.0,
    }
}

impl Scaling {
    fn read(rope: &ConfigReader, config: &ConfigReader) -> Self {
        let positions = || config.size_or(&["max_position_embeddings"], 8192);
        let original = || {
            let keys = ["original_max_position_embeddings"];
            rope.size_or(&keys, config.size_or(&keys, positions()))
        };
        match rope.text(&["rope_type", "type"]).as_deref() {
            None | Some("default") => Self::Default,
            Some("linear") => Self::Linear(rope.positive_or(&["factor"], 1.0)),
            Some("llama3") => Self::Llama3 {
                factor: rope.positive_or(&["factor"], 1.0),
                low: rope.positive_or(&["low_freq_factor"], 1.0),
                high: rope.positive_or(&["high_freq_factor"], 4.0),
                original: original() as f64,
            },
            Some("yarn") => Self::Yarn(Yarn::read(rope, original(), positions())),
            Some("longrope" | "su") => Self::LongRope {
                short: rope.positive_numbers(&["short_factor"]),
                factor: rope.positive_or(
                    &["short_mscale", "attention_factor"],
                    long_rope_factor(positions() as f64 / original() as f64, original() as f64),
                ),
                original: original(),
            },
            Some(_) => {
                rope.reject(&["rope_type", "type"], "default, linear, llama3, yarn or longrope");
                Self::Default
            }
        }
    }

    fn apply(&self, frequency: f64) -> f64 {
        match *self {
            Self::Linear(factor) => frequency / factor,
            Self::Llama3 { factor, low, high, original } => {
                let turns = original * frequency / std::f64::consts::TAU;
                let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                frequency * ((1.0 - smooth) / factor + smooth)
            }
            _ => frequency,
        }
    }
}

fn long_rope_factor(stretch: f64, original: f64) -> f64 {
    if stretch <= 1.0 { 1.0 } else { (1.0 + stretch.ln() / original.ln()).sqrt() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WHOLE: RopeDefaults = RopeDefaults { base: 100.0, partial: None };

    #[test]
    fn llama3_leaves_fast_frequencies_and_divides_slow_ones() {
        let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 };
        assert_eq!(scaling.apply(1.0), 1.0);
        assert_eq!(scaling.apply(1e-5), 1e-5 / 8.0);
        let between = scaling.apply(2.0 * std::f64::consts::TAU / 8192.0);
        let frequency = 2.0 * std::f64::consts::TAU / 8192.0;
        assert!(between > frequency / 8.0 && between < frequency);
    }

    #[test]
    fn a_part_of_a_head_is_rotated_where_the_family_does_so() {
        let config = |text| ConfigReader::new(text).unwrap();
        let partial = json!({ "rope_parameters": { "partial_rotary_factor": 0.5 } });
        let half = RopeConfig::read(
            &config(partial.clone()),
            RopeDefaults { partial: Some(0.25), ..WHOLE },
        );
        assert_eq!(half.frequencies(8), [1.0, 0.1]);
        let quarter =
            RopeConfig::read(&config(json!({})), RopeDefaults { partial: Some(0.25), ..WHOLE });
        assert_eq!(quarter.frequencies(8), [1.0]);
        let whole = config(partial);
        RopeConfig::read(&whole, WHOLE);
        assert!(whole.take_problems()[0].to_string().contains("rotates whole heads"));
    }

    #[test]
    fn longrope_divides_each_frequency_and_bounds_the_context() {
        let config = ConfigReader::new(json!({
            "max_position_embeddings": 64, "rope_scaling": { "type": "longrope",
            "short_factor": [1.0, 2.0], "long_factor": [3.0, 4.0],
            "original_max_position_embeddings": 16 }
        }));
        let rope = RopeConfig::read(&config.unwrap(), WHOLE);
        assert_eq!(rope.frequencies(4), [1.0, 0.05]);
        assert_eq!(rope.longest(), Some(16));
        assert!((f64::from(rope.factor()) - 1.5f64.sqrt()).abs() < 1e-6);
    }
}
