//! Random halves of one language.

use super::DocumentTable;
use super::weighted::weighted;
use crate::random::SplitMix64;
use crate::scores::Clusters;

/// Measures two random halves of the same documents against each other, `splits` times,
/// `[layers][splits]`; `None` where a half has no token. Empty below two clusters.
///
/// A divergence between two halves of one language is never 0 and a cosine never 1; a difference
/// between two languages is worth mentioning where it lies beyond this distribution. Halves hold
/// whole clusters (one more on the second side of an odd number) and therefore half the documents
/// that a language has, which makes the control a strict one.
pub fn random_halves<T: Send>(
    side: &DocumentTable,
    clusters: &Clusters,
    splits: usize,
    seed: u64,
    measure: impl Fn(&[f64], &[f64]) -> T + Sync,
) -> Vec<Vec<Option<T>>> {
    if clusters.len() < 2 || clusters.documents() != side.len() {
        return Vec::new();
    }
    let halves: Vec<[Vec<f32>; 2]> =
        (0..splits as u64).map(|split| halve(clusters, SplitMix64::stream(seed, split))).collect();
    let weights = |draw: usize, half: usize| halves[draw][half].as_slice();
    weighted(&[side, side], splits, weights, |loads| measure(&loads[0], &loads[1]))
}

/// Which documents lie in which half, as weights of 0 and 1.
fn halve(clusters: &Clusters, mut random: SplitMix64) -> [Vec<f32>; 2] {
    let mut order: Vec<&[usize]> = clusters.iter().collect();
    random.shuffle(&mut order);
    let mut first = vec![0.0; clusters.documents()];
    let chosen = order[..order.len() / 2].iter().flat_map(|documents| documents.iter());
    chosen.for_each(|&document| first[document] = 1.0);
    let second = first.iter().map(|weight| 1.0 - weight).collect();
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_disjoint_whole_and_made_of_clusters() {
        let clusters = Clusters::from_labels(["a", "a", "b", "c", "c", "d"]);
        for split in 0..20 {
            let [first, second] = halve(&clusters, SplitMix64::stream(7, split));
            assert!(first.iter().zip(&second).all(|(x, y)| x + y == 1.0));
            assert_eq!((first[0], first[3]), (first[1], first[4]), "clusters stay whole");
            let chosen = clusters.iter().filter(|documents| first[documents[0]] == 1.0).count();
            assert_eq!(chosen, 2);
        }
    }

    #[test]
    fn one_cluster_has_no_halves() {
        let table = DocumentTable::new(1, 2, 2);
        let one = Clusters::from_labels(["a", "a"]);
        assert!(random_halves(&table, &one, 5, 1, |_, _| 0).is_empty());
    }
}
