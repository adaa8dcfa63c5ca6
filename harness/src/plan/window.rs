/// When a window of documents is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Documents at most.
    pub documents: usize,
    /// Unshared tokens after which no further document joins.
    pub tokens: usize,
}

impl WindowLimits {
    /// A window is the unit of sharing, of memory and of commit: large enough that the few-shot block it computes
    /// anew is a small part of it, small enough that a killed run loses little.
    pub fn for_budget(batch_tokens: usize) -> Self {
        Self { documents: 256, tokens: batch_tokens.saturating_mul(16) }
    }
}

/// Decides where windows end, from the documents alone: what is already recorded must not move a border, or an
/// interrupted run would not end as an undisturbed one.
#[derive(Debug)]
pub struct WindowRule {
    limits: WindowLimits,
    documents: usize,
    tokens: usize,
}

impl WindowRule {
    /// An empty window.
    pub fn new(limits: WindowLimits) -> Self {
        Self { limits, documents: 0, tokens: 0 }
    }

    /// Counts one more document; true when the window is full with it.
    pub fn is_full_with(&mut self, tokens: usize) -> bool {
        self.documents += 1;
        self.tokens += tokens;
        self.documents >= self.limits.documents || self.tokens >= self.limits.tokens
    }
}
