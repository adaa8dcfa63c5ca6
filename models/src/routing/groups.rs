//! [`GroupRouting`]: routing summed by group of tokens.

/// Routing of one batch, summed over the tokens of each group.
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

impl GroupRouting {
    /// Makes a group count as if it had no tokens.
    pub(crate) fn clear(&mut self, group: usize, layers: usize, experts: usize) {
        let layers = group * layers..(group + 1) * layers;
        let experts = layers.start * experts..layers.end * experts;
        self.tokens[group] = 0;
        self.selections[experts.clone()].fill(0);
        self.scores[experts].fill(0.0);
        self.entropy_bits[layers].fill(0.0);
    }
}
