//! Correlation of few points.
//!
//! Checkpoints of one training run are one trajectory, not many points: two series that both
//! trend are "significant" in 14-90 % of cases. Count lineages, and permute within them.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::random::SplitMix64;
use crate::routing::ranks;
use crate::scores::{Resampling, interval::z};

/// Pearson's r, −1 to 1; `None` below two points or without variation.
#[must_use]
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    ranks::pearson(x, y)
}

/// Spearman's rank correlation with average ranks; `None` as for [`pearson`].
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    ranks::spearman(x, y)
}

/// Fisher's interval of Pearson's r: tanh(atanh r ± z/√(n − 3)). `None` below four points (it does
/// not exist at three) and for |r| = 1.
#[must_use]
pub fn fisher_interval(r: f64, n: usize, level: f64) -> Option<(f64, f64)> {
    if n < 4 || r.abs() >= 1.0 {
        return None;
    }
    let half = z(level) / ((n - 3) as f64).sqrt();
    Some(((r.atanh() - half).tanh(), (r.atanh() + half).tanh()))
}

/// Two-sided p-value of Pearson's r by Student's t with n − 2 degrees of freedom. `None` below
/// three points.
#[must_use]
pub fn t_test_p(r: f64, n: usize) -> Option<f64> {
    let df = n.checked_sub(2).filter(|df| *df > 0)? as f64;
    let t = r * (df / (1.0 - r * r)).sqrt();
    if t.is_infinite() {
        return Some(0.0);
    }
    Some(2.0 * StudentsT::new(0.0, 1.0, df).ok()?.sf(t.abs()))
}

/// The smallest and largest r when one point is left out: what single points carry. `None` below
/// four points.
#[must_use]
pub fn leave_one_out(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    if x.len() < 4 || x.len() != y.len() {
        return None;
    }
    let without = |values: &[f64], i: usize| [&values[..i], &values[i + 1..]].concat();
    let all: Vec<f64> =
        (0..x.len()).filter_map(|i| pearson(&without(x, i), &without(y, i))).collect();
    let least = all.iter().copied().min_by(f64::total_cmp)?;
    Some((least, all.into_iter().max_by(f64::total_cmp)?))
}

/// Two-sided permutation p-value of a correlation, **twice the smaller tail** and at most 1: with
/// |r| as statistic the paper's four points would be "significant" at 1/24.
///
/// `y` is permuted among points of equal `block` only (checkpoints of a lineage). All arrangements
/// are tried when there are no more than 50,000; otherwise `resampling.draws` are drawn and the
/// observed one counts as one of them. `None` without a correlation.
#[must_use]
pub fn permutation_p(
    x: &[f64],
    y: &[f64],
    blocks: &[usize],
    statistic: fn(&[f64], &[f64]) -> Option<f64>,
    resampling: Resampling,
) -> Option<f64> {
    let observed = statistic(x, y).filter(|_| blocks.len() == y.len())?;
    let mut tails = Tails { observed, above: 0, below: 0, total: 0 };
    let groups = groups(blocks);
    let mut order: Vec<usize> = (0..y.len()).collect();
    let mut count = |order: &[usize]| {
        let permuted: Vec<f64> = order.iter().map(|&i| y[i]).collect();
        tails.add(statistic(x, &permuted));
    };
    each_order(&mut order, &groups, resampling, &mut count);
    Some(tails.p())
}

/// Two-sided permutation p-value of Σ `products[i][π(i)]` over the orders π of the rows, twice the
/// smaller tail and at most 1; all orders where there are no more than 50,000, else drawn ones.
/// `None` below two rows.
pub(super) fn assignment_p(products: &[Vec<f64>], resampling: Resampling) -> Option<f64> {
    let mut order: Vec<usize> = (0..products.len()).collect();
    let total =
        |order: &[usize]| -> f64 { order.iter().zip(products).map(|(&j, row)| row[j]).sum() };
    let observed = total(&order);
    let mut tails = Tails { observed, above: 0, below: 0, total: 0 };
    let groups = [order.clone()];
    if products.len() < 2 {
        return None;
    }
    each_order(&mut order, &groups, resampling, &mut |order| tails.add(Some(total(order))));
    Some(tails.p())
}

/// Visits the orders that exchange within `groups`: all of them, or the given one and drawn ones.
fn each_order(
    order: &mut [usize],
    groups: &[Vec<usize>],
    resampling: Resampling,
    visit: &mut impl FnMut(&[usize]),
) {
    if arrangements(groups) <= 50_000.0 {
        return permute(order, groups, 0, 0, visit);
    }
    visit(order);
    for draw in 0..resampling.draws as u64 {
        shuffle(order, groups, &mut SplitMix64::stream(resampling.seed, draw));
        visit(order);
    }
}

struct Tails {
    observed: f64,
    above: usize,
    below: usize,
    total: usize,
}

impl Tails {
    fn add(&mut self, value: Option<f64>) {
        let Some(value) = value else { return };
        self.total += 1;
        self.above += usize::from(value >= self.observed - 1e-12);
        self.below += usize::from(value <= self.observed + 1e-12);
    }

    fn p(&self) -> f64 {
        (2.0 * self.above.min(self.below) as f64 / self.total as f64).min(1.0)
    }
}

/// Positions of each block, in the order of first appearance.
fn groups(blocks: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for (position, block) in blocks.iter().enumerate() {
        match groups.iter_mut().find(|(other, _)| other == block) {
            Some((_, members)) => members.push(position),
            None => groups.push((*block, vec![position])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

fn arrangements(groups: &[Vec<usize>]) -> f64 {
    groups.iter().map(|group| (1..=group.len()).map(|i| i as f64).product::<f64>()).product()
}

/// Every order that exchanges within groups: position `at` of group `group` is settled next.
fn permute(
    order: &mut [usize],
    groups: &[Vec<usize>],
    group: usize,
    at: usize,
    visit: &mut impl FnMut(&[usize]),
) {
    let Some(members) = groups.get(group) else { return visit(order) };
    if at >= members.len() {
        return permute(order, groups, group + 1, 0, visit);
    }
    for other in at..members.len() {
        order.swap(members[at], members[other]);
        permute(order, groups, group, at + 1, visit);
        order.swap(members[at], members[other]);
    }
}

fn shuffle(order: &mut [usize], groups: &[Vec<usize>], random: &mut SplitMix64) {
    for members in groups {
        let mut values: Vec<usize> = members.iter().map(|&i| order[i]).collect();
        random.shuffle(&mut values);
        members.iter().zip(values).for_each(|(&i, value)| order[i] = value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shared experts (%) against the Hebrew average of two base and two adapted models, as
    /// printed in arXiv:2605.17598.
    const SHARED: [f64; 4] = [43.8, 68.0, 73.4, 99.2];
    const AVERAGE: [f64; 4] = [61.85, 62.70, 65.61, 68.00];

    #[test]
    fn the_papers_four_points() {
        let r = pearson(&SHARED, &AVERAGE).unwrap();
        assert!((r - 0.932_339).abs() < 5e-7);
        let (low, high) = fisher_interval(r, 4, 0.95).unwrap();
        assert!((low + 0.2766).abs() < 5e-5 && (high - 0.9986).abs() < 5e-5);
        assert!((t_test_p(r, 4).unwrap() - 0.067_661_112_404).abs() < 1e-9);
        assert_eq!(spearman(&SHARED, &AVERAGE), Some(1.0));
        let (least, most) = leave_one_out(&SHARED, &AVERAGE).unwrap();
        assert!((least - 0.791).abs() < 5e-4 && (most - 0.996).abs() < 5e-4);
    }

    /// The same points by task, where the paper prints all four scores (per cent).
    #[test]
    fn the_papers_points_by_task() {
        for (task, scores, expected) in [
            ("sentiment", [68.75, 71.25, 68.40, 63.5], -0.706),
            ("Winograd", [61.00, 60.50, 74.10, 74.10], 0.760),
            ("translation", [55.42, 62.70, 33.1, 33.6], -0.666),
            ("trivia", [60.97, 58.07, 58.14, 72.1], 0.694),
        ] {
            let r = pearson(&SHARED, &scores).unwrap();
            assert!((r - expected).abs() < 5e-4, "{task}: {r}");
        }
    }

    #[test]
    fn four_points_cannot_be_significant() {
        let p = |blocks: &[usize]| {
            permutation_p(&SHARED, &AVERAGE, blocks, pearson, Resampling::default()).unwrap()
        };
        assert!((p(&[0; 4]) - 2.0 / 24.0).abs() < 1e-12, "not 1/24");
        assert!((p(&[0, 1, 0, 1]) - 0.5).abs() < 1e-12, "two families of two: four arrangements");
    }

    /// scipy 1.17 and an enumeration of all 5,040 orders in numpy.
    #[test]
    fn seven_points_agree_with_scipy() {
        let (x, y) = ([1.2, 3.4, 2.2, 5.6, 4.1, 3.3, 7.8], [2.1, 2.9, 2.8, 4.4, 4.9, 3.1, 5.0]);
        let r = pearson(&x, &y).unwrap();
        assert!((r - 0.868_270_576_595_404_1).abs() < 1e-12);
        assert!((t_test_p(r, 7).unwrap() - 0.011_253_919_151_611).abs() < 1e-9);
        let (low, high) = fisher_interval(r, 7, 0.95).unwrap();
        assert!(
            (low - 0.332_847_598_410_5).abs() < 1e-7 && (high - 0.980_331_135_468_2).abs() < 1e-7
        );
        let p =
            |statistic| permutation_p(&x, &y, &[0; 7], statistic, Resampling::default()).unwrap();
        assert!((p(pearson) - 0.006_349_206_349).abs() < 1e-9);
        assert!((p(spearman) - 0.006_746_031_746).abs() < 1e-9);
    }

    #[test]
    fn smallest_p_of_ranks() {
        for (n, expected) in [(3, 0.333_333), (4, 0.083_333), (5, 0.016_667), (6, 0.002_778)] {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            let p =
                permutation_p(&x, &x, &vec![0; x.len()], spearman, Resampling::default()).unwrap();
            assert!((p - expected).abs() < 1e-6, "{n}");
        }
    }

    #[test]
    fn many_points_are_drawn() {
        let x: Vec<f64> = (0..30).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|v| (v * 7.0) % 11.0).collect();
        let p = permutation_p(&x, &y, &[0; 30], pearson, Resampling::default()).unwrap();
        let t = t_test_p(pearson(&x, &y).unwrap(), 30).unwrap();
        assert!((p - t).abs() < 0.05, "{p} {t}");
    }

    #[test]
    fn too_little_has_no_answer() {
        assert_eq!(
            (fisher_interval(0.5, 3, 0.95), t_test_p(0.5, 2), leave_one_out(&[1.0; 3], &[1.0; 3])),
            (None, None, None)
        );
        assert_eq!(
            permutation_p(&[1.0, 1.0], &[1.0, 2.0], &[0, 0], pearson, Resampling::default()),
            None
        );
        assert_eq!((fisher_interval(1.0, 9, 0.95), t_test_p(1.0, 9)), (None, Some(0.0)));
    }
}
