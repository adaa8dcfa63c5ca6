use harness_reports::Span;

/// One token sequence through the model, from position 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pass {
    /// Tokens that are fed.
    pub tokens: Vec<u32>,
    /// The span under which each fed token's routing is counted for its document; `None`: not counted.
    pub spans: Vec<Option<Span>>,
    /// Row of the first scored token: `targets[i]` is scored by the distribution after token `first_row + i`.
    pub first_row: usize,
    /// The tokens that are scored, one per row from `first_row` on.
    pub targets: Vec<u32>,
    /// Set when the sequence is to be continued greedily.
    pub generation: Option<GenerationLimits>,
}

/// When a greedy continuation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationLimits {
    /// Tokens at most.
    pub max_new_tokens: usize,
    /// Texts that end it and are cut off, in lm-eval's order (the task's, then EOS).
    pub until: Vec<String>,
}
