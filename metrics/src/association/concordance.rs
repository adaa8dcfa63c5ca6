//! How well predictions tell right from wrong: the area under the ROC curve, within groups.
//!
//! The area is the share of (right, wrong) pairs in which the right document has the higher
//! prediction, ties counting half. Pairs are formed within groups only (a task, a fold), so that
//! an easy task beside a hard one does not pass for insight.

use crate::Estimate;
use crate::scores::{Clusters, Resampling, bootstrap, stderr};

/// Documents in the order of a prediction, group by group.
struct Ranking {
    /// For each group, its documents in stretches of equal prediction, ascending.
    groups: Vec<Vec<Vec<usize>>>,
}

impl Ranking {
    fn of(groups: &[Vec<usize>], predictions: &[f64]) -> Self {
        let stretches = |group: &Vec<usize>| {
            let mut order = group.clone();
            order.sort_by(|&a, &b| predictions[a].total_cmp(&predictions[b]));
            order
                .chunk_by(|&a, &b| (predictions[a] - predictions[b]).abs() <= 1e-12)
                .map(<[usize]>::to_vec)
                .collect()
        };
        Self { groups: groups.iter().map(stretches).collect() }
    }

    /// The area with each document counted `weight(document)` times; `None` without a pair.
    fn area(&self, right: &[bool], weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut ordered, mut pairs) = (0.0, 0.0);
        for group in &self.groups {
            let (mut wrong_below, mut rights) = (0.0, 0.0);
            for stretch in group {
                let sum = |side: bool| -> f64 {
                    stretch.iter().filter(|&&d| right[d] == side).map(|&d| weight(d)).sum()
                };
                let (here_right, here_wrong) = (sum(true), sum(false));
                ordered += here_right * (wrong_below + here_wrong / 2.0);
                wrong_below += here_wrong;
                rights += here_right;
            }
            pairs += rights * wrong_below;
        }
        (pairs > 0.0).then(|| ordered / pairs)
    }
}

/// Area under the ROC curve over pairs within `groups`; `None` where no group holds both a right
/// and a wrong document.
#[must_use]
pub fn area(groups: &[Vec<usize>], predictions: &[f64], right: &[bool]) -> Option<f64> {
    Ranking::of(groups, predictions).area(right, |_| 1.0)
}

/// The area of `with` minus that of `without`, with a cluster bootstrap of the same predictions.
/// `None` where there is no area.
#[must_use]
pub fn gain(
    groups: &[Vec<usize>],
    without: &[f64],
    with: &[f64],
    right: &[bool],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Estimate> {
    let rankings = [Ranking::of(groups, without), Ranking::of(groups, with)];
    let difference = |weight: &dyn Fn(usize) -> f64| {
        Some(rankings[1].area(right, weight)? - rankings[0].area(right, weight)?)
    };
    let mut cluster = vec![0; right.len()];
    for (number, documents) in clusters.iter().enumerate() {
        documents.iter().for_each(|&document| cluster[document] = number);
    }
    let value = difference(&|_| 1.0)?;
    let replicates = bootstrap::replicates(clusters.len(), resampling, |times| {
        difference(&|document| f64::from(times[cluster[document]]))
    });
    let interval = bootstrap::pivotal(value, replicates.clone(), resampling.level);
    Some(Estimate { value, stderr: stderr::sample_sd(&replicates), interval, n: right.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_hand() {
        // Right at 0.9 and 0.4, wrong at 0.4 and 0.1: pairs 1, 1, ½, 1 of 4.
        let right = [true, true, false, false];
        let found = area(&[vec![0, 1, 2, 3]], &[0.9, 0.4, 0.4, 0.1], &right);
        assert_eq!(found, Some(3.5 / 4.0));
    }

    #[test]
    fn groups_are_not_compared() {
        let right = [true, false, true, false];
        // Within each group the order is wrong, across groups it would be right.
        let found = area(&[vec![0, 1], vec![2, 3]], &[0.8, 0.9, 0.1, 0.2], &right);
        assert_eq!(found, Some(0.0));
        assert_eq!(area(&[vec![0], vec![1]], &[0.8, 0.9], &right[..2]), None);
    }

    #[test]
    fn better_predictions_gain() {
        let right: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
        let with: Vec<f64> = (0..60).map(|i| f64::from((i * 7) % 20 + (1 - i % 2) * 12)).collect();
        let all: Vec<usize> = (0..60).collect();
        let found = gain(
            &[all],
            &[0.5; 60],
            &with,
            &right,
            &Clusters::singletons(60),
            Resampling::default(),
        );
        let found = found.unwrap();
        let interval = found.interval.unwrap();
        assert!(found.value > 0.2 && interval.low > 0.0 && interval.high < 0.6, "{interval:?}");
    }
}
