//! Dense projections and the token embedding.

use std::sync::Arc;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use crate::kernels::experts::gather;
use crate::kernels::host::{host, tensor};
use crate::kernels::packed::Packed;
use crate::kernels::{matrix, norm, vector};

/// `x · wᵀ + b`, with `w` of `[outputs, inputs]`.
pub(crate) struct Linear {
    pub(crate) weight: Packed,
    pub(crate) bias: Option<Tensor>,
}

impl Linear {
    /// The projection to some of the outputs of one without bias, in the given order.
    pub(crate) fn outputs(&self, outputs: impl FnOnce() -> Vec<usize>) -> Linear {
        Linear { weight: self.weight.select(outputs), bias: None }
    }

    /// Projects every row of `[rows, inputs]`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.project(x, &self.weight)
    }

    /// The same in f32, whatever products are computed in: routers decide on exact rows.
    pub(crate) fn forward_exactly(&self, x: &Tensor) -> Result<Tensor> {
        self.project(x, &self.weight.on_exact_rows())
    }

    fn project(&self, x: &Tensor, weight: &Packed) -> Result<Tensor> {
        let mut out = matrix::linear(&host(x)?, weight);
        if let Some(bias) = &self.bias {
            norm::add_bias(&mut out, &host(bias)?);
        }
        tensor(out, x.dim(0)?, weight.outputs())
    }
}

/// One row of `[vocab, hidden]` per token.
pub(crate) struct Embedding {
    /// Shared with the head where that is tied.
    pub(crate) weight: Arc<Packed>,
    /// Multiplies every row.
    pub(crate) scale: f32,
}

impl Embedding {
    /// Rows of the given tokens, which are inside the vocabulary.
    pub(crate) fn forward(&self, tokens: &[u32]) -> Result<Tensor> {
        let hidden = self.weight.inputs();
        let mut rows = vec![0.0; tokens.len() * hidden];
        let each = rows.par_chunks_mut(hidden).zip(tokens).with_min_len(16);
        each.for_each(|(row, &token)| self.weight.row(token as usize, row));
        if self.scale != 1.0 {
            vector::scale(&mut rows, self.scale);
        }
        tensor(rows, tokens.len(), hidden)
    }
}

/// Copies the given rows of a matrix.
pub(crate) fn gather_rows(
    x: &Tensor,
    rows: impl ExactSizeIterator<Item = usize>,
) -> Result<Tensor> {
    let (count, width) = (rows.len(), x.dim(1)?);
    tensor(gather(&host(x)?, rows, width), count, width)
}
