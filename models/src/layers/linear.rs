//! Dense projections and the token embedding.

use candle_core::{Result, Tensor};

use crate::kernels::experts::gather;
use crate::kernels::host::{host, tensor};
use crate::kernels::{matrix, norm};

/// `x · wᵀ + b`, with `w` of `[outputs, inputs]`.
pub(crate) struct Linear {
    pub(crate) weight: Tensor,
    pub(crate) bias: Option<Tensor>,
}

impl Linear {
    /// Projects every row of `[rows, inputs]`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, inputs) = x.dims2()?;
        let outputs = self.weight.dim(0)?;
        let mut out = matrix::linear(&host(x)?, &host(&self.weight)?, inputs, outputs);
        if let Some(bias) = &self.bias {
            norm::add_bias(&mut out, &host(bias)?);
        }
        tensor(out, rows, outputs)
    }
}

/// One row of `[vocab, hidden]` per token.
pub(crate) struct Embedding {
    pub(crate) weight: Tensor,
}

impl Embedding {
    /// Rows of the given tokens, which are inside the vocabulary.
    pub(crate) fn forward(&self, tokens: &[u32]) -> Result<Tensor> {
        gather_rows(&self.weight, tokens.iter().map(|&t| t as usize))
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
