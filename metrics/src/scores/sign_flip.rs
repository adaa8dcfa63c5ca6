//! Permutation test of paired differences: under no difference each cluster's difference is as
//! likely to have the other sign.

use rayon::prelude::*;

use super::{Clusters, Resampling};
use crate::random::SplitMix64;

/// Two-sided p-value of Σ differences under flipping the signs of whole clusters.
///
/// All arrangements are tried when there are no more of them than `resampling.draws`; otherwise
/// that many are drawn, and p = (1 + as extreme) / (draws + 1), which is never 0. `None` without
/// clusters or when `differences` and `clusters` differ in number.
#[must_use]
pub fn p_value(differences: &[f64], clusters: &Clusters, resampling: Resampling) -> Option<f64> {
    if differences.len() != clusters.documents() || clusters.is_empty() {
        return None;
    }
    let sums = clusters.sums(differences);
    // Sums of the same terms in another order may differ in their last digits.
    let observed = sums.iter().sum::<f64>().abs() * (1.0 - 1e-12);
    let arrangements =
        1_usize.checked_shl(sums.len() as u32).filter(|&all| all <= resampling.draws);
    Some(match arrangements {
        Some(all) => {
            let extreme =
                (0..all).filter(|mask| flipped(&sums, |i| mask >> i & 1 == 1) >= observed).count();
            extreme as f64 / all as f64
        }
        None => {
            let extreme = (0..resampling.draws as u64).into_par_iter().filter(|&draw| {
                let mut random = SplitMix64::stream(resampling.seed, draw);
                flipped(&sums, |_| random.coin()) >= observed
            });
            (1.0 + extreme.count() as f64) / (resampling.draws as f64 + 1.0)
        }
    })
}

fn flipped(sums: &[f64], mut flip: impl FnMut(usize) -> bool) -> f64 {
    let signed = sums.iter().enumerate().map(|(i, sum)| if flip(i) { -sum } else { *sum });
    signed.sum::<f64>().abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampling() -> Resampling {
        Resampling { draws: 10_000, ..Resampling::default() }
    }

    #[test]
    fn few_clusters_are_enumerated() {
        // All five positive: only all plus and all minus are as extreme, 2 of 32.
        assert_eq!(
            p_value(&[1.0, 2.0, 0.5, 1.0, 3.0], &Clusters::singletons(5), resampling()),
            Some(2.0 / 32.0)
        );
        assert_eq!(p_value(&[0.0; 4], &Clusters::singletons(4), resampling()), Some(1.0));
    }

    #[test]
    fn many_are_drawn_and_agree_with_the_normal_test() {
        // 60 differences of +1 and 40 of −1: z = 2.0 with the exact binomial p = 0.0569.
        let differences: Vec<f64> = (0..100).map(|i| if i < 60 { 1.0 } else { -1.0 }).collect();
        let p = p_value(&differences, &Clusters::singletons(100), resampling()).unwrap();
        assert!((p - 0.0569).abs() < 0.008, "{p}");
    }

    #[test]
    fn a_cluster_flips_as_one() {
        let labels = ["a", "a", "a", "b", "b", "b"];
        let p = p_value(&[1.0; 6], &Clusters::from_labels(labels), resampling());
        assert_eq!(p, Some(0.5));
        assert_eq!(p_value(&[1.0], &Clusters::singletons(2), resampling()), None);
    }

    /// Under no difference at most 6.5 % of 1,000 simulated tests at 5 % may be significant, and
    /// for data that are not discrete at least 3.5 %.
    #[test]
    fn the_level_is_kept_with_clusters() {
        let mut random = SplitMix64::new(8);
        let labels: Vec<String> = (0..60).map(|i| (i / 4).to_string()).collect();
        let clusters = Clusters::from_labels(labels.iter().map(String::as_str));
        let resampling = Resampling { draws: 400, ..Resampling::default() };
        let mut uniform = || random.next_u64() as f64 / u64::MAX as f64 - 0.5;
        let significant = (0..1000).filter(|_| {
            let shared: Vec<f64> = (0..15).map(|_| uniform()).collect();
            let differences: Vec<f64> = (0..60).map(|i| shared[i / 4] + 0.5 * uniform()).collect();
            p_value(&differences, &clusters, resampling).unwrap() <= 0.05
        });
        let count = significant.count();
        assert!((35..=65).contains(&count), "{count} of 1000");
    }
}
