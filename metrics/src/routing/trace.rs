//! What only a trace of tokens shows: which experts are chosen together, and whether two
//! checkpoints send the same token to the same experts.
//!
//! Counts forget which token chose which experts. A trace keeps the ids of every token
//! (2 · layers · top-k bytes a token), so it is opt-in.

use super::{RoutingError, RoutingShape};

/// The experts of every token, in the order of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenTrace {
    /// Layers, experts and top-k.
    pub shape: RoutingShape,
    /// `[tokens][layers][top_k]`, row-major.
    pub ids: Vec<u16>,
}

impl TokenTrace {
    /// A trace without tokens.
    #[must_use]
    pub fn new(shape: RoutingShape) -> Self {
        Self { shape, ids: Vec::new() }
    }

    /// Tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.ids.len().checked_div(self.shape.layers * self.shape.top_k).unwrap_or(0)
    }

    /// Experts of a token in a layer, `[top_k]`; empty beyond the trace.
    #[must_use]
    pub fn of(&self, token: usize, layer: usize) -> &[u16] {
        let k = self.shape.top_k;
        let start = (token * self.shape.layers + layer) * k;
        self.ids.get(start..start + k).unwrap_or_default()
    }

    /// Adds the tokens of another trace.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn extend(&mut self, other: &Self) -> Result<(), RoutingError> {
        super::RoutingCounts::zeros(self.shape, false)
            .add(&super::RoutingCounts::zeros(other.shape, false))?;
        self.ids.extend_from_slice(&other.ids);
        Ok(())
    }
}

/// How often experts of a layer were chosen for the same token, `[experts × experts]`: the
/// diagonal holds how often each was chosen at all.
#[must_use]
pub fn together(trace: &TokenTrace, layer: usize) -> Vec<u64> {
    let experts = trace.shape.experts;
    let mut pairs = vec![0; experts * experts];
    for token in 0..trace.tokens() {
        let ids = trace.of(token, layer);
        for (&a, &b) in ids.iter().flat_map(|a| ids.iter().map(move |b| (a, b))) {
            if let Some(count) = pairs.get_mut(usize::from(a) * experts + usize::from(b)) {
                *count += 1;
            }
        }
    }
    pairs
}

/// Co-activation of two experts: how often both were chosen, as a share of how often `a` was
/// (Muennighoff et al. 2024, OLMoE, §5.2), in [0, 1]; not symmetric. `None` when `a` was never
/// chosen or `together` is not square.
#[must_use]
pub fn coactivation(together: &[u64], experts: usize, a: usize, b: usize) -> Option<f64> {
    let chosen = *together.get(a * experts + a).filter(|&&chosen| chosen > 0)?;
    (b < experts).then(|| together[a * experts + b] as f64 / chosen as f64)
}

/// Mean over used experts of the largest co-activation with another expert, in [0, 1]: 1 when
/// every expert has a fixed companion. Independent choices give about (k − 1)/(E − 1), larger for
/// uneven loads and few tokens. `None` for top-1 or without tokens.
#[must_use]
pub fn companionship(trace: &TokenTrace, layer: usize) -> Option<f64> {
    let experts = trace.shape.experts;
    let together = together(trace, layer);
    let closest = |a: usize| -> Option<f64> {
        let others = (0..experts).filter(|&b| b != a);
        others.filter_map(|b| coactivation(&together, experts, a, b)).reduce(f64::max)
    };
    let found: Vec<f64> = (0..experts).filter_map(closest).collect();
    (trace.shape.top_k > 1).then(|| super::collapse::mean(&found)).flatten()
}

/// Router saturation of a layer: the share of a token's top-k experts in one checkpoint that are
/// also among its top-k in the other, mean over tokens, in [0, 1] (Muennighoff et al. 2024,
/// OLMoE, §5.1). Two unrelated routers agree by k/E. `None` unless both traces hold the same
/// number of tokens, at least one, and have one shape: expert e must be the same network in both,
/// which it is for checkpoints of one training run.
#[must_use]
pub fn saturation(a: &TokenTrace, b: &TokenTrace, layer: usize) -> Option<f64> {
    if a.shape != b.shape || a.tokens() != b.tokens() || a.tokens() == 0 || layer >= a.shape.layers
    {
        return None;
    }
    let common = |token: usize| {
        let theirs = b.of(token, layer);
        a.of(token, layer).iter().filter(|id| theirs.contains(id)).count()
    };
    let total: usize = (0..a.tokens()).map(common).sum();
    Some(total as f64 / (a.tokens() * a.shape.top_k) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: RoutingShape = RoutingShape { layers: 1, experts: 4, top_k: 2 };

    /// Three tokens: {0, 1}, {0, 1}, {0, 2}.
    fn trace() -> TokenTrace {
        TokenTrace { shape: SHAPE, ids: vec![0, 1, 1, 0, 0, 2] }
    }

    #[test]
    fn pairs_by_hand() {
        let pairs = together(&trace(), 0);
        assert_eq!(pairs, [3, 2, 1, 0, 2, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(coactivation(&pairs, 4, 0, 1), Some(2.0 / 3.0));
        assert_eq!(coactivation(&pairs, 4, 1, 0), Some(1.0));
        assert_eq!(coactivation(&pairs, 4, 3, 0), None, "never chosen");
        // Experts 0, 1, 2 have companions 2/3, 1, 1.
        assert!((companionship(&trace(), 0).unwrap() - 8.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn saturation_ignores_the_order_of_ids() {
        let mut other = trace();
        other.ids[..2].reverse();
        assert_eq!(saturation(&trace(), &other, 0), Some(1.0));
        other.ids = vec![2, 3, 1, 0, 0, 1];
        assert_eq!(saturation(&trace(), &other, 0), Some(0.5));
        other.ids.truncate(4);
        assert_eq!(saturation(&trace(), &other, 0), None);
        assert_eq!(saturation(&TokenTrace::new(SHAPE), &TokenTrace::new(SHAPE), 0), None);
    }

    #[test]
    fn traces_of_other_shapes_do_not_join() {
        let mut all = trace();
        all.extend(&trace()).unwrap();
        assert_eq!((all.tokens(), all.of(3, 0)), (6, &[0, 1][..]));
        let other = TokenTrace::new(RoutingShape { top_k: 1, ..SHAPE });
        assert!(all.extend(&other).is_err());
    }
}
