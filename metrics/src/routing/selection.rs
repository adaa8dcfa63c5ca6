//! How sure the router is about a single token.
//!
//! Usage entropy asks how a layer's experts share the work of many tokens; selection entropy
//! asks how spread the router's scores are for one token, and averages that. The two are
//! different constructs: a router may be sure of every token (low selection entropy) and still
//! send different tokens to different experts (high usage entropy).

use super::RoutingCounts;

/// Mean over tokens of the entropy, in bits, of scores / sum(scores) over all experts, a number
/// a layer in `[0, log₂ E]`. `None` without tokens.
///
/// For routers whose scores do not sum to 1 (sigmoid) the normalisation is ours.
#[must_use]
pub fn entropies_bits(counts: &RoutingCounts) -> Option<Vec<f64>> {
    let tokens = (counts.tokens > 0).then_some(counts.tokens as f64)?;
    Some(counts.entropy_bits.iter().map(|sum| sum / tokens).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RoutingShape;

    #[test]
    fn is_the_mean_over_tokens() {
        let mut counts =
            RoutingCounts::zeros(RoutingShape { layers: 2, experts: 4, top_k: 1 }, false);
        assert_eq!(entropies_bits(&counts), None);
        counts.tokens = 4;
        counts.entropy_bits = vec![6.0, 2.0];
        assert_eq!(entropies_bits(&counts), Some(vec![1.5, 0.5]));
    }
}
