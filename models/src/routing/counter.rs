//! [`GroupCounter`]: the observer that keeps sums instead of a trace.

use super::{GroupRouting, MoeLayer, RouterDecision, RoutingObserver};
use crate::{Architecture, Batch, UNCOUNTED};

/// Two choices closer than this, relative to the larger, could change places by rounding.
const NEAR_TIE: f32 = 1e-6;

/// Sums the routing of a batch by its groups, in memory that does not grow with its tokens.
#[derive(Clone, Debug)]
pub struct GroupCounter {
    group_of: Vec<u32>,
    layers: usize,
    experts: usize,
    /// Groups with a decision that was left out.
    invalid: Vec<bool>,
    sums: GroupRouting,
}

impl GroupCounter {
    /// A counter for one pass of `batch` through a model of this architecture.
    pub fn new(architecture: &Architecture, batch: &Batch) -> Self {
        let (layers, experts) = (architecture.moe_layers.len(), architecture.experts);
        Self::of(batch.packed_groups(), batch.groups, layers, experts)
    }

    /// A counter of tokens of the given groups, below `groups` or [`UNCOUNTED`].
    pub(crate) fn of(group_of: Vec<u32>, groups: usize, layers: usize, experts: usize) -> Self {
        let sums = GroupRouting {
            tokens: count_tokens(&group_of, groups),
            selections: vec![0; groups * layers * experts],
            entropy_bits: vec![0.0; groups * layers],
            scores: vec![0.0; groups * layers * experts],
            near_ties: 0,
            invalid: 0,
        };
        Self { group_of, layers, experts, invalid: vec![false; groups], sums }
    }

    /// The group of every packed token, how many groups, MoE layers and experts there are.
    pub(crate) fn shape(&self) -> (&[u32], [usize; 3]) {
        (&self.group_of, [self.invalid.len(), self.layers, self.experts])
    }

    /// Takes over sums that a device formed of the whole pass.
    pub(crate) fn take(&mut self, sums: GroupRouting) {
        self.sums = sums;
    }

    /// The sums. A group with an invalid decision counts as if it had no tokens: what is left of it
    /// would say of some layers what it does not say of others.
    pub fn finish(mut self) -> GroupRouting {
        for group in (0..self.invalid.len()).filter(|&group| self.invalid[group]) {
            self.sums.clear(group, self.layers, self.experts);
        }
        self.sums
    }

    fn add(&mut self, cell: usize, token: usize, decision: &RouterDecision) {
        if decision.logits_of(token).iter().any(|l| !l.is_finite()) {
            self.sums.invalid += 1;
            self.invalid[cell / self.layers] = true;
            return;
        }
        let experts = cell * self.experts..(cell + 1) * self.experts;
        for &id in decision.ids_of(token) {
            self.sums.selections[experts.start + id as usize] += 1;
        }
        for (sum, &score) in self.sums.scores[experts].iter_mut().zip(decision.scores_of(token)) {
            *sum += f64::from(score);
        }
        self.sums.entropy_bits[cell] += entropy_bits(decision.scores_of(token));
        self.sums.near_ties += u64::from(near_tie(decision, token));
    }
}

impl RoutingObserver for GroupCounter {
    fn sums(&mut self) -> Option<&mut GroupCounter> {
        Some(self)
    }

    fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision) {
        for token in 0..decision.tokens {
            let group = self.group_of[token];
            if group != UNCOUNTED {
                self.add(group as usize * self.layers + layer.index, token, decision);
            }
        }
    }
}

fn count_tokens(group_of: &[u32], groups: usize) -> Vec<u64> {
    let mut tokens = vec![0; groups];
    for &group in group_of.iter().filter(|&&g| g != UNCOUNTED) {
        tokens[group as usize] += 1;
    }
    tokens
}

/// Entropy in bits of `scores / sum(scores)`; 0 when nothing has a score.
fn entropy_bits(scores: &[f32]) -> f64 {
    let sum: f64 = scores.iter().map(|&s| f64::from(s)).sum();
    let plogp: f64 =
        scores.iter().map(|&s| f64::from(s)).filter(|&s| s > 0.0).map(|s| s * s.log2()).sum();
    if sum > 0.0 { (sum.log2() - plogp / sum).max(0.0) } else { 0.0 }
}

/// Whether the last chosen and the best refused expert are within [`NEAR_TIE`] of each other.
fn near_tie(decision: &RouterDecision, token: usize) -> bool {
    let (choice, ids) = (decision.choice_of(token), decision.ids_of(token));
    let Some(last) = ids.iter().map(|&id| choice[id as usize]).reduce(f32::min) else {
        return false;
    };
    let refused = |(e, &c): (usize, &f32)| (!ids.contains(&(e as u32))).then_some(c);
    let next = choice.iter().enumerate().filter_map(refused).fold(f32::NEG_INFINITY, f32::max);
    next.is_finite() && (last - next).abs() < NEAR_TIE * last.abs().max(next.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_a_uniform_row_is_log2_of_its_length() {
        assert!((entropy_bits(&[0.3; 8]) - 3.0).abs() < 1e-12);
        assert_eq!(entropy_bits(&[0.0, 1.0, 0.0]), 0.0);
        assert_eq!(entropy_bits(&[0.0; 4]), 0.0);
    }
}
