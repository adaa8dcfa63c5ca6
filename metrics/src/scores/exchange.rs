//! Permutation test of two models' scores on the same documents: under no difference it does not
//! matter which of the two answered a cluster of documents.
//!
//! Known as approximate randomisation (Noreen 1989; Riezler & Maxwell 2005), it serves every
//! score that follows from sums over documents; for means it is [`super::sign_flip`].

use rayon::prelude::*;

use super::formula::{Formula, add, cluster_rows};
use super::{Clusters, Resampling};
use crate::random::SplitMix64;

/// Two-sided p-value of new − old under exchanging the models on whole clusters,
/// (1 + as extreme) / (draws + 1), never 0. `old` and `new` hold each document's row. `None` when
/// they do not fit each other or a score does not exist.
#[must_use]
pub fn p_value(
    formula: Formula,
    old: &[Vec<f64>],
    new: &[Vec<f64>],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<f64> {
    let (old, new) = (cluster_rows(old, clusters)?, cluster_rows(new, clusters)?);
    let observed = difference(formula, &old, &new, || false)?.abs() * (1.0 - 1e-12);
    let extreme = (0..resampling.draws as u64).into_par_iter().filter(|&draw| {
        let mut random = SplitMix64::stream(resampling.seed, draw);
        // An arrangement without a score cannot speak for the null hypothesis.
        difference(formula, &old, &new, || random.coin()).is_none_or(|d| d.abs() >= observed)
    });
    Some((1.0 + extreme.count() as f64) / (resampling.draws as f64 + 1.0))
}

fn difference(
    formula: Formula,
    old: &[Vec<f64>],
    new: &[Vec<f64>],
    mut exchanged: impl FnMut() -> bool,
) -> Option<f64> {
    let width = old.first()?.len();
    let (mut ours, mut theirs) = (vec![0.0; width], vec![0.0; width]);
    for (old, new) in old.iter().zip(new) {
        let (first, second) = if exchanged() { (new, old) } else { (old, new) };
        add(&mut theirs, first, 1.0);
        add(&mut ours, second, 1.0);
    }
    Some(formula.of(&ours)? - formula.of(&theirs)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::sign_flip;

    fn resampling() -> Resampling {
        Resampling { draws: 4000, ..Resampling::default() }
    }

    #[test]
    fn means_agree_with_sign_flips() {
        let old: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 11) / 11.0).collect();
        let new: Vec<f64> = (0..60).map(|i| f64::from(i * 5 % 13) / 11.0).collect();
        let rows = |scores: &[f64]| scores.iter().map(|x| vec![*x, 1.0]).collect::<Vec<_>>();
        let clusters = Clusters::singletons(60);
        let found =
            p_value(Formula::Mean, &rows(&old), &rows(&new), &clusters, resampling()).unwrap();
        let differences: Vec<f64> = new.iter().zip(&old).map(|(n, o)| n - o).collect();
        let flips = sign_flip::p_value(&differences, &clusters, resampling()).unwrap();
        assert!((found - flips).abs() < 1e-12, "the same coins: {found} {flips}");
    }

    #[test]
    fn a_clear_difference_is_found_and_none_is_not() {
        let old: Vec<Vec<f64>> = (0..40).map(|i| vec![-20.0 - f64::from(i % 7), 10.0]).collect();
        let new: Vec<Vec<f64>> = old.iter().map(|row| vec![row[0] + 2.0, row[1]]).collect();
        let clusters = Clusters::singletons(40);
        let p = p_value(Formula::BitsPerByte, &old, &new, &clusters, resampling()).unwrap();
        assert!(p < 0.001, "{p}");
        assert_eq!(p_value(Formula::BitsPerByte, &old, &old, &clusters, resampling()), Some(1.0));
        assert_eq!(p_value(Formula::Mean, &old, &new[..3], &clusters, resampling()), None);
    }
}
