//! Language specialisation of experts.
//!
//! The index of an expert is (a − b) / (a + b) over its activation rates in two languages: 1 when
//! only the first uses it, −1 when only the second does. Experts beyond a threshold belong to a
//! language, the others are shared, and an expert that neither uses is *inactive*.
//!
//! Two versions exist. The paper (arXiv:2605.17598) averages the rate of expert *index* e over
//! all layers first, [`per_index`]; with a threshold of 0.1 that reproduces its 28 / 44 / 56 for
//! Qwen3-30B-A3B. An index names a different network in every layer, so that version changes when
//! experts are renamed within layers and grows with the number of layers averaged: it is kept for
//! comparison. [`per_layer_expert`] has neither fault and is the one to rely on.

use serde::{Deserialize, Serialize};

use crate::scores::bootstrap::quantile;

/// The paper's threshold.
pub const THRESHOLD: f64 = 0.1;

/// Thresholds of the sweep.
pub const SWEEP: [f64; 6] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3];

/// How many experts belong to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Classes {
    /// Index above the threshold: the first language's.
    pub a: usize,
    /// Index below minus the threshold: the second language's.
    pub b: usize,
    /// Between the two.
    pub shared: usize,
    /// Used by neither.
    pub inactive: usize,
}

impl Classes {
    /// All experts looked at.
    #[must_use]
    pub fn total(&self) -> usize {
        self.a + self.b + self.shared + self.inactive
    }

    /// Shared experts as a share of all, inactive ones included, so that the four shares sum to
    /// 1. `None` of no expert.
    #[must_use]
    pub fn shared_fraction(&self) -> Option<f64> {
        (self.total() > 0).then(|| self.shared as f64 / self.total() as f64)
    }
}

/// (a − b) / (a + b), −1 to 1; `None` when both are zero.
#[must_use]
pub fn index(a: f64, b: f64) -> Option<f64> {
    (a + b > 0.0).then(|| (a - b) / (a + b))
}

/// The index of every expert of every layer, `[layers][experts]`, from two profiles of
/// activation rates. `None` when the profiles do not match.
#[must_use]
pub fn per_layer_expert(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<Vec<Vec<Option<f64>>>> {
    let indices =
        |(x, y): (&Vec<f64>, &Vec<f64>)| x.iter().zip(y).map(|(&p, &q)| index(p, q)).collect();
    matching(a, b).then(|| a.iter().zip(b).map(indices).collect())
}

/// The paper's version: the index of each expert number over rates averaged over the layers,
/// `[experts]`. `None` when the profiles do not match or have no layer.
#[must_use]
pub fn per_index(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<Vec<Option<f64>>> {
    if a.is_empty() || !matching(a, b) {
        return None;
    }
    let (a, b) = (column_sums(a), column_sums(b));
    Some(a.into_iter().zip(b).map(|(x, y)| index(x, y)).collect())
}

/// Counts the classes. An index exactly at ±threshold is shared.
#[must_use]
pub fn classify<'a>(indices: impl IntoIterator<Item = &'a Option<f64>>, threshold: f64) -> Classes {
    let mut classes = Classes::default();
    for index in indices {
        match *index {
            None => classes.inactive += 1,
            Some(x) if x > threshold => classes.a += 1,
            Some(x) if x < -threshold => classes.b += 1,
            Some(_) => classes.shared += 1,
        }
    }
    classes
}

/// The threshold that chance sets in a layer: the 97.5th percentile of |index| over experts when
/// two random halves of one language are compared. `None` of no index.
#[must_use]
pub fn null_threshold(indices: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sizes: Vec<f64> = indices.into_iter().map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    (!sizes.is_empty()).then(|| quantile(&sizes, 0.975))
}

/// Counts the classes with a threshold a layer, such as [`null_threshold`]. Layers without a
/// threshold are left out.
#[must_use]
pub fn classify_by_layer(indices: &[Vec<Option<f64>>], thresholds: &[Option<f64>]) -> Classes {
    let mut sum = Classes::default();
    for (layer, threshold) in indices.iter().zip(thresholds) {
        let Some(threshold) = threshold else { continue };
        let Classes { a, b, shared, inactive } = classify(layer, *threshold);
        sum = Classes {
            a: sum.a + a,
            b: sum.b + b,
            shared: sum.shared + shared,
            inactive: sum.inactive + inactive,
        };
    }
    sum
}

fn matching(a: &[Vec<f64>], b: &[Vec<f64>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.len() == y.len() && x.len() == a[0].len())
}

/// Sums serve as well as means: the common divisor cancels in the index.
fn column_sums(profile: &[Vec<f64>]) -> Vec<f64> {
    let experts = profile.first().map_or(0, Vec::len);
    (0..experts).map(|expert| profile.iter().map(|load| load[expert]).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_experts_are_inactive_and_not_shared() {
        let indices = [index(0.0, 0.0), index(1.0, 0.0), index(0.0, 2.0), index(1.0, 1.0)];
        assert_eq!(indices, [None, Some(1.0), Some(-1.0), Some(0.0)]);
        let classes = classify(&indices, THRESHOLD);
        assert_eq!(classes, Classes { a: 1, b: 1, shared: 1, inactive: 1 });
        assert_eq!(classes.shared_fraction(), Some(0.25));
        assert_eq!(Classes::default().shared_fraction(), None);
    }

    #[test]
    fn the_threshold_itself_is_shared() {
        assert_eq!(classify(&[Some(0.25), Some(-0.25)], 0.25).shared, 2);
    }

    /// Two layers whose specialists sit at crossed positions: by layer every expert is
    /// specialised, by index none is, and renaming the second layer's experts changes only the
    /// latter.
    #[test]
    fn the_per_index_version_depends_on_the_names_of_experts() {
        let he = [vec![1.0, 0.0], vec![0.0, 1.0]];
        let en = [vec![0.0, 1.0], vec![1.0, 0.0]];
        let renamed = |profile: &[Vec<f64>; 2]| {
            [profile[0].clone(), profile[1].iter().rev().copied().collect()]
        };
        let shared =
            |a: &[Vec<f64>], b: &[Vec<f64>]| classify(&per_index(a, b).unwrap(), THRESHOLD).shared;
        assert_eq!(shared(&he, &en), 2);
        assert_eq!(shared(&renamed(&he), &renamed(&en)), 0);
        for (a, b) in [(&he, &en), (&renamed(&he), &renamed(&en))] {
            let by_layer = per_layer_expert(a, b).unwrap();
            assert_eq!(
                classify(by_layer.iter().flatten(), THRESHOLD),
                Classes { a: 2, b: 2, ..Classes::default() }
            );
        }
    }

    #[test]
    fn chance_sets_a_threshold_a_layer() {
        let noise = (0..=1000).map(|i| f64::from(i) / 1000.0 * if i % 2 == 0 { 1.0 } else { -1.0 });
        let threshold = null_threshold(noise).unwrap();
        assert!((threshold - 0.975).abs() < 1e-12);
        assert_eq!(null_threshold([]), None);
        let indices = [vec![Some(0.5), Some(-0.5)], vec![Some(0.5), None], vec![Some(1.0)]];
        let classes = classify_by_layer(&indices, &[Some(0.6), Some(0.4), None]);
        assert_eq!(classes, Classes { a: 1, b: 0, shared: 2, inactive: 1 });
    }

    #[test]
    fn profiles_that_do_not_match_have_no_index() {
        assert_eq!(per_index(&[], &[]), None);
        assert_eq!(per_index(&[vec![1.0]], &[vec![1.0, 2.0]]), None);
        assert_eq!(per_layer_expert(&[vec![1.0]], &[]), None);
    }
}
