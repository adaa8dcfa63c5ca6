//! What can be wrong with counts.

use thiserror::Error;

/// Counts that contradict themselves or each other.
#[derive(Clone, PartialEq, Debug, Error)]
#[non_exhaustive]
pub enum RoutingError {
    /// Two sets of counts come from routers of different shapes.
    #[error(
        "routing of {left_layers} layers × {left_experts} experts (top {left_k}) cannot be joined with \
         {right_layers} × {right_experts} (top {right_k})"
    )]
    Shape {
        /// Layers of the left side.
        left_layers: usize,
        /// Experts of the left side.
        left_experts: usize,
        /// Top-k of the left side.
        left_k: usize,
        /// Layers of the right side.
        right_layers: usize,
        /// Experts of the right side.
        right_experts: usize,
        /// Top-k of the right side.
        right_k: usize,
    },
    /// One side has score sums and the other has none.
    #[error("counts with score sums cannot be joined with counts without them")]
    Scores,
    /// A table does not have the length that the shape demands.
    #[error("{table} holds {found} numbers where the shape demands {expected}")]
    Length {
        /// Which table.
        table: &'static str,
        /// Numbers demanded.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// A layer's selections are not tokens × top-k.
    #[error(
        "layer {layer}: {found} selections, but {tokens} tokens choosing {top_k} experts make {expected}"
    )]
    LayerSum {
        /// Index among the MoE layers.
        layer: usize,
        /// Tokens counted.
        tokens: u64,
        /// Experts a token chooses.
        top_k: usize,
        /// tokens × top-k.
        expected: u64,
        /// Sum of the layer's row.
        found: u64,
    },
    /// An expert was chosen more often than there are tokens.
    #[error("layer {layer}, expert {expert}: chosen {found} times by {tokens} tokens")]
    Overused {
        /// Index among the MoE layers.
        layer: usize,
        /// Index of the expert.
        expert: usize,
        /// Selections found.
        found: u64,
        /// Tokens counted.
        tokens: u64,
    },
    /// A sum is NaN, infinite or negative.
    #[error("{table}, position {position}: {value} is not a finite non-negative sum")]
    NotFinite {
        /// Which table.
        table: &'static str,
        /// Index into it.
        position: usize,
        /// The value, as text.
        value: String,
    },
}
