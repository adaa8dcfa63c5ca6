//! Languages at equally much text.

use super::DocumentTable;
use super::weighted::weighted;
use crate::random::SplitMix64;
use crate::scores::Clusters;

/// Measures random subsets of documents that hold at most `amount` of something (tokens, bytes),
/// `[layers][draws]`; `None` where a subset has no token.
///
/// `amounts` says how much each document holds. Each draw takes whole clusters in random order
/// until the next one would exceed `amount`, so a side that holds no more than `amount` is taken
/// whole every time.
pub fn at_equal_amounts<T: Send>(
    side: &DocumentTable,
    amounts: &[f64],
    clusters: &Clusters,
    amount: f64,
    (draws, seed): (usize, u64),
    measure: impl Fn(&[f64]) -> T + Sync,
) -> Vec<Vec<Option<T>>> {
    if amounts.len() != side.len() || clusters.documents() != side.len() {
        return Vec::new();
    }
    let held = clusters.sums(amounts);
    let subset = |draw| choose(clusters, &held, amount, SplitMix64::stream(seed, draw));
    let subsets: Vec<Vec<f32>> = (0..draws as u64).map(subset).collect();
    weighted(&[side], draws, |draw, _| &subsets[draw], |loads| measure(&loads[0]))
}

/// Weights of 0 and 1.
fn choose(clusters: &Clusters, held: &[f64], amount: f64, mut random: SplitMix64) -> Vec<f32> {
    let mut order: Vec<(&[usize], f64)> = clusters.iter().zip(held.iter().copied()).collect();
    random.shuffle(&mut order);
    let mut weights = vec![0.0; clusters.documents()];
    let mut taken = 0.0;
    for (documents, held) in order {
        taken += held;
        if taken > amount * (1.0 + 1e-12) {
            break;
        }
        documents.iter().for_each(|&document| weights[document] = 1.0);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_stay_below_the_amount_and_whole_sides_are_whole() {
        let clusters = Clusters::singletons(10);
        let held: Vec<f64> = (1..=10).map(f64::from).collect();
        for draw in 0..50 {
            let weights = choose(&clusters, &held, 20.0, SplitMix64::stream(3, draw));
            let taken: f64 = weights.iter().zip(&held).map(|(w, h)| f64::from(*w) * h).sum();
            assert!(taken <= 20.0 && taken > 10.0 - 1e-9, "{taken}");
        }
        assert_eq!(choose(&clusters, &held, 55.0, SplitMix64::new(1)), [1.0; 10]);
    }
}
