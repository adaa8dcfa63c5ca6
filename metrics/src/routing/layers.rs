//! Shapes over the depth of a network: one number a MoE layer in, one number out.
//!
//! Layers of one network are not independent samples; none of these numbers has an error of its
//! own. Their uncertainty comes from resampling documents ([`super::bands`]).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::collapse::{Tail, mean, middle_half};

/// A stretch of the network's depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Every layer.
    All,
    /// Before the middle half.
    Early,
    /// The middle half.
    Middle,
    /// After the middle half.
    Late,
    /// The last eighth, which is the end of [`Part::Late`].
    LastEighth,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::All, Self::Early, Self::Middle, Self::Late, Self::LastEighth];

    /// Its layers among `layers` MoE layers; `None` below 4, but for [`Part::All`].
    #[must_use]
    pub fn layers(self, layers: usize) -> Option<Range<usize>> {
        let middle = middle_half(layers);
        match self {
            Self::All => Some(0..layers),
            Self::Early => Some(0..middle?.start),
            Self::Middle => middle,
            Self::Late => Some(middle?.end..layers),
            Self::LastEighth => Tail::Eighth.layers(layers),
        }
    }

    /// Mean over its layers; `None` as there, or of no layer.
    #[must_use]
    pub fn mean(self, by_layer: &[f64]) -> Option<f64> {
        mean(&by_layer[self.layers(by_layer.len())?])
    }

    /// The name for readers.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::All => "all layers",
            Self::Early => "early",
            Self::Middle => "middle half",
            Self::Late => "late",
            Self::LastEighth => "last eighth",
        }
    }
}

/// Mean |x₍ₗ₊₁₎ − xₗ| over neighbouring MoE layers, in the unit of the values: how restless a
/// curve is. `None` below two layers.
#[must_use]
pub fn roughness(by_layer: &[f64]) -> Option<f64> {
    let steps: Vec<f64> = by_layer.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    mean(&steps)
}

/// How much the middle of a curve lies above its ends: mean of the middle half minus the mean of
/// the first and last eighths together. For cosines between two languages this is the U-shape
/// turned upside down: positive when middle layers are the most alike. `None` below 4 layers.
#[must_use]
pub fn middle_over_ends(by_layer: &[f64]) -> Option<f64> {
    let layers = by_layer.len();
    let middle = &by_layer[middle_half(layers)?];
    let last = Tail::Eighth.layers(layers)?;
    let ends = [&by_layer[..last.len()], &by_layer[last]].concat();
    Some(mean(middle)? - mean(&ends)?)
}

/// What a stage repaired of its base's collapse: 1 − collapse(stage) / collapse(base). 1 is all
/// of it, 0 nothing, negative means worse. `None` when the base's collapse is 0; where its
/// interval includes 0 the number means nothing and should not be shown.
#[must_use]
pub fn remediation(stage: f64, base: f64) -> Option<f64> {
    (base != 0.0).then(|| 1.0 - stage / base)
}

/// How alike two curves over the same layers are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Agreement {
    /// Root mean square difference, in the unit of the values.
    pub rmse: f64,
    /// The largest |difference|.
    pub largest: f64,
    /// Index of the layer where it is.
    pub layer: usize,
}

/// Agreement of two curves, such as the language gaps of Hebrew and Japanese. `None` when they
/// differ in length or are empty.
#[must_use]
pub fn agreement(a: &[f64], b: &[f64]) -> Option<Agreement> {
    if a.len() != b.len() {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(x, y)| (x - y).abs()).collect();
    let squares: Vec<f64> = differences.iter().map(|d| d * d).collect();
    let (layer, largest) =
        differences.iter().copied().enumerate().max_by(|x, y| x.1.total_cmp(&y.1))?;
    Some(Agreement { rmse: mean(&squares)?.sqrt(), largest, layer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_curve_is_as_rough_as_its_slope() {
        assert_eq!(roughness(&[1.0, 3.0, 5.0]), Some(2.0));
        assert_eq!(roughness(&[1.0, 3.0, 1.0]), Some(2.0));
        assert_eq!(roughness(&[1.0]), None);
    }

    #[test]
    fn parts_of_forty_eight_and_of_three_layers() {
        let parts = Part::ALL.map(|part| part.layers(48).unwrap());
        assert_eq!(parts, [0..48, 0..12, 12..36, 36..48, 42..48]);
        assert_eq!(Part::ALL.map(|part| part.layers(3)), [Some(0..3), None, None, None, None]);
        assert_eq!(Part::Late.mean(&[9.0, 1.0, 1.0, 5.0]), Some(5.0));
    }

    #[test]
    fn the_middle_of_eight_layers() {
        // Middle half 2..6, first and last eighths one layer each.
        assert_eq!(middle_over_ends(&[0.2, 9.0, 1.0, 1.0, 1.0, 1.0, 9.0, 0.4]), Some(0.7));
        assert_eq!(middle_over_ends(&[1.0; 3]), None);
    }

    #[test]
    fn remediation_is_relative_to_the_base() {
        assert_eq!((remediation(0.25, 1.0), remediation(2.0, 1.0)), (Some(0.75), Some(-1.0)));
        assert_eq!(remediation(0.0, 0.0), None);
    }

    #[test]
    fn agreement_names_the_worst_layer() {
        let found = agreement(&[0.0, 3.0, 0.0], &[0.0, 0.0, 4.0]).unwrap();
        assert_eq!((found.largest, found.layer), (4.0, 2));
        assert!((found.rmse - (25.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(agreement(&[], &[]), None);
    }
}
