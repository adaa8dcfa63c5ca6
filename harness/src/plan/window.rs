use crate::encode::Pass;

/// When a window of documents is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Documents at most.
    pub documents: usize,
    /// Tokens after which no further document joins; a token that the sequence before had at the same place, after
    /// the same tokens, does not count again.
    pub tokens: usize,
    /// The same bound when every token counts: what encoded sequences take of memory.
    pub held: usize,
}

impl WindowLimits {
    /// A window is the unit of sharing, of memory and of commit: large enough that the few-shot block it computes
    /// anew is a small part of it, small enough that a killed run loses little.
    pub fn for_budget(batch_tokens: usize) -> Self {
        Self {
            documents: 1024,
            tokens: batch_tokens.saturating_mul(16),
            held: batch_tokens.saturating_mul(256),
        }
    }
}

/// Decides where windows end, from the documents alone: what is already recorded must not move a border, or an
/// interrupted run would not end as an undisturbed one.
#[derive(Debug)]
pub struct WindowRule {
    limits: WindowLimits,
    documents: usize,
    tokens: usize,
    held: usize,
    last: Vec<u32>,
}

impl WindowRule {
    /// An empty window.
    pub fn new(limits: WindowLimits) -> Self {
        Self { limits, documents: 0, tokens: 0, held: 0, last: Vec::new() }
    }

    /// Counts one more document by its sequences; true when the window is full with it.
    pub fn is_full_with<'p>(&mut self, passes: impl Iterator<Item = &'p Pass>) -> bool {
        self.documents += 1;
        for Pass { tokens, .. } in passes {
            let shared = tokens.iter().zip(&self.last).take_while(|(a, b)| a == b).count();
            self.tokens += tokens.len() - shared;
            self.held += tokens.len();
            self.last.clone_from(tokens);
        }
        let WindowLimits { documents, tokens, held } = self.limits;
        self.documents >= documents || self.tokens >= tokens || self.held >= held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(tokens: &[u32]) -> Pass {
        Pass { tokens: tokens.to_vec(), ..Pass::default() }
    }

    #[test]
    fn shared_tokens_fill_a_window_only_once() {
        let limits = WindowLimits { documents: 100, tokens: 6, held: 1000 };
        let mut rule = WindowRule::new(limits);
        let documents = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 6]].map(|tokens| pass(&tokens));
        let full = documents.map(|document| rule.is_full_with([&document].into_iter()));
        assert_eq!(full, [false, false, true]);
        let mut rule = WindowRule::new(WindowLimits { tokens: 1000, held: 8, ..limits });
        let choices = [pass(&[1, 2, 3, 7]), pass(&[1, 2, 3, 8])];
        assert!(rule.is_full_with(choices.iter()), "encoded sequences take memory, shared or not");
    }
}
