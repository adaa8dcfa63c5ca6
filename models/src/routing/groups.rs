//! [`GroupRouting`]: routing summed by group of tokens.

use super::{MoeLayer, RouterDecision};
use crate::UNCOUNTED;

/// Two choices closer than this, relative to the larger, could change places by rounding.
const NEAR_TIE: f32 = 1e-6;

/// Routing of some passes, summed over the tokens of each group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupRouting {
    /// Counted tokens, `[groups]`.
    pub tokens: Vec<u64>,
    /// How often each expert was chosen, `[groups × layers × experts]`; every choice of top-k counts 1.
    pub selections: Vec<u32>,
    /// Sum over tokens of the entropy in bits of scores / sum(scores) over all experts, `[groups × layers]`.
    pub entropy_bits: Vec<f64>,
    /// Sums of raw scores, `[groups × layers × experts]`; not normalised where the score function does not.
    pub scores: Vec<f64>,
    /// Decisions (token and layer) whose k-th and k+1-th choice differ by less than 1e-6 relative.
    pub near_ties: u64,
    /// Decisions left out because a logit was not finite, and with them all others of their groups.
    pub invalid: u64,
}

/// A [`GroupRouting`] that is being summed.
#[derive(Debug)]
pub(crate) struct GroupSums {
    layers: usize,
    experts: usize,
    /// Of as many groups as `tokens` has; the other sums have room for them after
    /// [`make_room`](Self::make_room).
    pub(crate) routing: GroupRouting,
    /// Groups with a decision that was left out.
    pub(crate) spoilt: Vec<bool>,
}

impl GroupSums {
    pub(crate) fn new(layers: usize, experts: usize) -> Self {
        Self { layers, experts, routing: GroupRouting::default(), spoilt: vec![] }
    }

    /// MoE layers and experts.
    pub(crate) fn shape(&self) -> (usize, usize) {
        (self.layers, self.experts)
    }

    pub(crate) fn groups(&self) -> usize {
        self.routing.tokens.len()
    }

    /// Counts the tokens of a pass, whose groups are below `groups` or [`UNCOUNTED`].
    pub(crate) fn add_tokens(&mut self, group_of: &[u32], groups: usize) {
        let tokens = &mut self.routing.tokens;
        tokens.resize(tokens.len().max(groups), 0);
        for &group in group_of.iter().filter(|&&group| group != UNCOUNTED) {
            tokens[group as usize] += 1;
        }
    }

    /// Makes room for the sums of all groups, which nobody needs while a device forms them.
    pub(crate) fn make_room(&mut self) {
        let (groups, cells) = (self.groups(), self.groups() * self.layers);
        self.spoilt.resize(groups, false);
        self.routing.selections.resize(cells * self.experts, 0);
        self.routing.entropy_bits.resize(cells, 0.0);
        self.routing.scores.resize(cells * self.experts, 0.0);
    }

    /// Adds what a layer decided for one token.
    pub(crate) fn add(
        &mut self,
        group: usize,
        layer: MoeLayer,
        token: usize,
        decision: &RouterDecision,
    ) {
        let sums = &mut self.routing;
        if decision.logits_of(token).iter().any(|l| !l.is_finite()) {
            sums.invalid += 1;
            self.spoilt[group] = true;
            return;
        }
        let cell = group * self.layers + layer.index;
        let experts = cell * self.experts..(cell + 1) * self.experts;
        for &id in decision.ids_of(token) {
            sums.selections[experts.start + id as usize] += 1;
        }
        for (sum, &score) in sums.scores[experts].iter_mut().zip(decision.scores_of(token)) {
            *sum += f64::from(score);
        }
        sums.entropy_bits[cell] += entropy_bits(decision.scores_of(token));
        sums.near_ties += u64::from(near_tie(decision, token));
    }

    /// The sums, without groups that have a decision that was left out.
    pub(crate) fn finish(mut self) -> GroupRouting {
        for group in (0..self.groups()).filter(|&group| self.spoilt[group]) {
            self.routing.clear(group, self.layers, self.experts);
        }
        self.routing
    }
}

impl GroupRouting {
    /// Makes a group count as if it had no tokens.
    fn clear(&mut self, group: usize, layers: usize, experts: usize) {
        let layers = group * layers..(group + 1) * layers;
        let experts = layers.start * experts..layers.end * experts;
        self.tokens[group] = 0;
        self.selections[experts.clone()].fill(0);
        self.scores[experts].fill(0.0);
        self.entropy_bits[layers].fill(0.0);
    }
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
