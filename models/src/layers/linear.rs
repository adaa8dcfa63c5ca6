//! Dense projections and the token embedding.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::ops::{self, Matrix};

/// `x · wᵀ + b`, with `w` of `[outputs, inputs]`.
pub(crate) struct Linear {
    pub(crate) weight: Matrix,
    pub(crate) bias: Option<Tensor>,
}

impl Linear {
    /// Projects every row of `[rows, inputs]`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::linear(x, &self.weight, self.bias.as_ref())
    }

    /// The same in f32, whatever products are computed in: routers decide on exact rows.
    pub(crate) fn forward_exactly(&self, x: &Tensor) -> Result<Tensor> {
        ops::linear_exactly(x, &self.weight, self.bias.as_ref())
    }
}

/// One row of `[vocab, hidden]` per token.
pub(crate) struct Embedding {
    /// Shared with the head where that is tied.
    pub(crate) weight: Arc<Matrix>,
    /// Multiplies every row.
    pub(crate) scale: f32,
}

impl Embedding {
    /// Rows of the given tokens, which are inside the vocabulary.
    pub(crate) fn forward(&self, tokens: &[u32]) -> Result<Tensor> {
        ops::embed(tokens, &self.weight, self.scale)
    }
}
