//! The difference of two languages in every expert, with its error.

use super::DocumentTable;
use crate::Estimate;
use crate::scores::{Clusters, interval};

/// Load of an expert in two languages.
#[derive(Clone, PartialEq, Debug)]
pub struct ExpertDifference {
    /// MoE layer, from 0.
    pub layer: usize,
    /// Expert, from 0.
    pub expert: usize,
    /// Activation rate in the first language.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// a − b, with a clustered standard error (a ratio's, by linearisation: Cochran 1977, ch. 6)
    /// and an interval that holds for all experts of all layers at once (Bonferroni).
    pub difference: Estimate,
}

/// The `most` (layer, expert) pairs whose rates differ most, largest first. Document d of either
/// side is the same text. Empty when the sides differ or there are fewer than two clusters.
#[must_use]
pub fn most_different(
    a: &DocumentTable,
    b: &DocumentTable,
    experts: usize,
    clusters: &Clusters,
    (most, level): (usize, f64),
) -> Vec<ExpertDifference> {
    let (tokens_a, tokens_b) = (a.tokens().iter().sum::<f64>(), b.tokens().iter().sum::<f64>());
    let matching = a.layers() == b.layers()
        && [a.len(), b.len()].iter().all(|&documents| documents == clusters.documents());
    if !matching || clusters.len() < 2 || tokens_a <= 0.0 || tokens_b <= 0.0 {
        return Vec::new();
    }
    let rate = |side: &DocumentTable, layer: usize, expert: usize, tokens: f64| {
        (0..side.len()).map(|d| f64::from(side.row(layer, d)[expert])).sum::<f64>() / tokens
    };
    let places = (0..a.layers()).flat_map(|layer| (0..experts).map(move |e| (layer, e)));
    let mut all: Vec<(usize, usize, f64, f64)> =
        places.map(|(l, e)| (l, e, rate(a, l, e, tokens_a), rate(b, l, e, tokens_b))).collect();
    let comparisons = all.len().max(1) as f64;
    all.sort_by(|x, y| (y.2 - y.3).abs().total_cmp(&(x.2 - x.3).abs()));
    all.truncate(most);
    let difference = |(layer, expert, rate_a, rate_b): (usize, usize, f64, f64)| {
        // What each document moves the difference by.
        let moves = |d: usize| {
            let of = |side: &DocumentTable, rate: f64, tokens: f64| {
                (f64::from(side.row(layer, d)[expert]) - rate * side.tokens()[d]) / tokens
            };
            of(a, rate_a, tokens_a) - of(b, rate_b, tokens_b)
        };
        let sums = clusters.sums(&(0..a.len()).map(moves).collect::<Vec<_>>());
        let count = clusters.len() as f64;
        let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
        let stderr = (squares * count / (count - 1.0)).sqrt();
        let adjusted = 1.0 - (1.0 - level) / comparisons;
        let value = rate_a - rate_b;
        let interval = Some(interval::normal(value, stderr, adjusted));
        let difference = Estimate { value, stderr: Some(stderr), interval, n: a.len() };
        ExpertDifference { layer, expert, a: rate_a, b: rate_b, difference }
    };
    all.into_iter().map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use crate::routing::bands::DocumentCounts;
    use crate::{RoutingCounts, RoutingShape};

    const SHAPE: RoutingShape = RoutingShape { layers: 1, experts: 3, top_k: 1 };

    /// Documents of ten tokens; `first` is the chance of expert 0.
    fn side(seed: u64, first: f64) -> DocumentCounts {
        let mut random = SplitMix64::new(seed);
        let mut side = DocumentCounts::new(SHAPE);
        for _ in 0..100 {
            let mut counts = RoutingCounts::zeros(SHAPE, false);
            counts.tokens = 10;
            for _ in 0..10 {
                let is_first = (random.below(1000) as f64) < 1000.0 * first;
                counts.selections[if is_first { 0 } else { 1 + random.below(2) }] += 1;
            }
            side.push(&counts).unwrap();
        }
        side
    }

    #[test]
    fn the_largest_comes_first_with_the_binomial_error() {
        let (a, b) = (side(1, 0.6), side(2, 0.2));
        let clusters = Clusters::singletons(100);
        let found = most_different(a.selections(), b.selections(), 3, &clusters, (2, 0.95));
        assert_eq!((found.len(), found[0].expert), (2, 0));
        let estimate = &found[0].difference;
        // 1,000 independent tokens a side.
        let expected = ((0.6 * 0.4 + 0.2 * 0.8) / 1000.0_f64).sqrt();
        assert!((estimate.value - 0.4).abs() < 0.06, "{estimate:?}");
        assert!((estimate.stderr.unwrap() / expected - 1.0).abs() < 0.2, "{estimate:?}");
        let interval = estimate.interval.as_ref().unwrap();
        let z = (interval.high - estimate.value) / estimate.stderr.unwrap();
        assert!((z - 2.394).abs() < 0.001, "Bonferroni over three experts: {z}");
    }

    #[test]
    fn sides_that_do_not_match_have_none() {
        let a = side(1, 0.5);
        let few =
            most_different(a.selections(), a.selections(), 3, &Clusters::singletons(9), (2, 0.95));
        assert!(few.is_empty());
    }
}
