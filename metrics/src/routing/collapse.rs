//! Whether the deepest layers use fewer experts than the middle ones.
//!
//! Over n ≥ 4 MoE layers numbered from 0, the middle half is layers ⌊n/4⌋ … n−1−⌊n/4⌋ and the
//! last eighth is the final max(1, ⌊n/8 + ½⌋) layers. The collapse index is the mean usage
//! entropy of the middle half minus that of the last eighth, in bits: positive when deep layers
//! are narrower. A language's excess collapse is its index minus English's, which is the mean
//! language gap of the last eighth minus that of the middle half.
//!
//! Below twelve layers the last eighth is a single layer; say so when showing it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How much of the network counts as its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// The last layer.
    Layer,
    /// The last sixteenth, at least one layer.
    Sixteenth,
    /// The last eighth, at least one layer: the definition used unless another is named.
    Eighth,
    /// The last quarter.
    Quarter,
}

impl Tail {
    /// Every tail, the one of the definition first.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Layer, Self::Sixteenth, Self::Quarter];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Sixteenth => "sixteenth",
            Self::Eighth => "eighth",
            Self::Quarter => "quarter",
        }
    }

    /// The name for readers.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Layer => "last layer",
            Self::Sixteenth => "last sixteenth",
            Self::Eighth => "last eighth",
            Self::Quarter => "last quarter",
        }
    }

    /// The layers of the tail among `layers` MoE layers; `None` below 4.
    #[must_use]
    pub fn layers(self, layers: usize) -> Option<Range<usize>> {
        let parts = match self {
            Self::Layer => layers,
            Self::Sixteenth => 16,
            Self::Eighth => 8,
            Self::Quarter => 4,
        };
        // ⌊n/p + ½⌋ in whole numbers.
        (layers >= 4).then(|| layers - ((2 * layers + parts) / (2 * parts)).max(1)..layers)
    }
}

/// The middle half of `layers` MoE layers; `None` below 4.
#[must_use]
pub fn middle_half(layers: usize) -> Option<Range<usize>> {
    (layers >= 4).then(|| layers / 4..layers - layers / 4)
}

/// Mean of the middle half minus mean of the last eighth of one number a layer (usage entropies,
/// bits). `None` below 4 layers.
#[must_use]
pub fn index(by_layer: &[f64]) -> Option<f64> {
    index_with(by_layer, Tail::Eighth)
}

/// [`index`] with another tail: the sign is robust to that choice, the size is not.
#[must_use]
pub fn index_with(by_layer: &[f64], tail: Tail) -> Option<f64> {
    let middle = &by_layer[middle_half(by_layer.len())?];
    let end = &by_layer[tail.layers(by_layer.len())?];
    Some(mean(middle)? - mean(end)?)
}

/// Excess collapse of a language: its index minus English's, bits.
#[must_use]
pub fn excess(language: &[f64], english: &[f64]) -> Option<f64> {
    (language.len() == english.len()).then_some(())?;
    Some(index(language)? - index(english)?)
}

/// Plain mean over layers; `None` of none.
#[must_use]
pub fn mean(by_layer: &[f64]) -> Option<f64> {
    (!by_layer.is_empty()).then(|| by_layer.iter().sum::<f64>() / by_layer.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_of_the_halves_and_eighths() {
        let expected = [
            (4, 1..3, 3..4),
            (6, 1..5, 5..6),
            (12, 3..9, 10..12),
            (23, 5..18, 20..23),
            (24, 6..18, 21..24),
            (26, 6..20, 23..26),
            (48, 12..36, 42..48),
        ];
        for (layers, middle, last) in expected {
            assert_eq!(middle_half(layers), Some(middle));
            assert_eq!(Tail::Eighth.layers(layers), Some(last));
        }
        assert_eq!((middle_half(3), Tail::Eighth.layers(3)), (None, None));
    }

    #[test]
    fn other_tails() {
        assert_eq!(Tail::Layer.layers(48), Some(47..48));
        assert_eq!(Tail::Sixteenth.layers(48), Some(45..48));
        assert_eq!(Tail::Quarter.layers(48), Some(36..48));
    }

    #[test]
    fn narrower_deep_layers_are_positive() {
        assert_eq!(index(&[3.0, 5.0, 5.0, 2.0]), Some(3.0));
        assert_eq!(excess(&[3.0, 5.0, 5.0, 2.0], &[3.0, 5.0, 5.0, 4.0]), Some(2.0));
        assert_eq!(index(&[1.0; 3]), None);
        assert_eq!(excess(&[1.0; 4], &[1.0; 5]), None);
    }
}
