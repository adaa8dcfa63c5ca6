use std::collections::BTreeMap;

use harness_metrics::RoutingCounts;
use harness_metrics::routing::trace::TokenTrace;
use harness_reports::record::Span;

use crate::plan::Cell;

/// What the model answered to one pass.
#[derive(Debug, Clone, PartialEq)]
pub enum PassAnswer {
    /// The scored tokens.
    Scored {
        /// Sum of their natural-log probabilities.
        log_prob: f64,
        /// Whether each of them was the likeliest next token.
        is_greedy: bool,
    },
    /// The continuation, special tokens left out, cut at the first stop.
    Generated {
        /// The text.
        text: String,
        /// Tokens written, the last one included.
        tokens: usize,
    },
    /// NaN or infinity on its way through the network; there is no answer.
    NonFinite {
        /// Where it was first seen.
        place: String,
    },
}

/// Everything that came of a window.
#[derive(Debug, Default)]
pub struct WindowOutcome {
    /// One answer a pass, in the order of the forest's passes.
    pub answers: Vec<PassAnswer>,
    /// Routing of each document's spans, without score sums.
    pub cells: BTreeMap<Cell, RoutingCounts>,
    /// Routing of each span over the window's documents, with score sums.
    pub totals: BTreeMap<Span, RoutingCounts>,
    /// With a trace: the experts of each token of a document's own prompt, in order.
    pub traces: BTreeMap<usize, TokenTrace>,
    /// Token positions that went through the model.
    pub computed_tokens: usize,
    /// Choices between experts that rounding could turn.
    pub near_ties: u64,
}
