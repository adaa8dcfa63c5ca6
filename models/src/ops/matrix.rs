//! Weight matrices and products with them.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::host::has_kernels;
use super::placement::wide;
use crate::cuda;
use crate::kernels::host::{host, tensor};
use crate::kernels::packed::{Packed, Storage};
use crate::kernels::{matrix, norm, vector};

/// A weight matrix `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) enum Matrix {
    /// In host memory, in the order of the CPU's products.
    Packed(Packed),
    /// On a device, as candle holds it.
    Dense(Tensor),
}

impl Matrix {
    /// What stands for a matrix whose weights are not wanted.
    pub(crate) fn empty() -> Self {
        Self::Packed(Packed::zeros(0, 0, Storage::F32))
    }

    pub(crate) fn inputs(&self) -> usize {
        match self {
            Matrix::Packed(packed) => packed.inputs(),
            Matrix::Dense(dense) => dense.dims()[1],
        }
    }

    /// Some of the outputs, in the given order; of an empty matrix nothing, and nothing is asked for.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn select(&self, outputs: impl FnOnce() -> Vec<usize>) -> Result<Self> {
        match self {
            Matrix::Packed(packed) => Ok(Matrix::Packed(packed.select(outputs))),
            Matrix::Dense(dense) => {
                let outputs: Vec<u32> = outputs().into_iter().map(|at| at as u32).collect();
                let outputs = Tensor::new(outputs, dense.device())?;
                Ok(Matrix::Dense(dense.index_select(&outputs, 0)?))
            }
        }
    }
}

/// `x · wᵀ + b` for every row of `[rows, inputs]`.
pub(crate) fn linear(x: &Tensor, weight: &Matrix, bias: Option<&Tensor>) -> Result<Tensor> {
    match weight {
        Matrix::Packed(packed) => on_cpu(x, packed, bias),
        Matrix::Dense(dense) => biased(x.matmul(&dense.t()?)?, bias),
    }
}

/// The same with nothing rounded to less than f32, and a result that wide: routers decide on exact
/// rows.
pub(crate) fn linear_exactly(x: &Tensor, weight: &Matrix, bias: Option<&Tensor>) -> Result<Tensor> {
    match weight {
        Matrix::Packed(packed) => on_cpu(x, &packed.on_exact_rows(), bias),
        Matrix::Dense(dense) if has_kernels(x) && cuda::multiplies_exactly(x, dense) => {
            cuda::linear_exactly(&x.contiguous()?, dense, bias)
        }
        Matrix::Dense(dense) => {
            let wide = wide(x.dtype());
            biased(x.to_dtype(wide)?.matmul(&dense.to_dtype(wide)?.t()?)?, bias)
        }
    }
}

fn on_cpu(x: &Tensor, weight: &Packed, bias: Option<&Tensor>) -> Result<Tensor> {
    let mut out = matrix::linear(&host(x)?, weight);
    if let Some(bias) = bias {
        norm::add_bias(&mut out, &host(bias)?);
    }
    tensor(out, x.dim(0)?, weight.outputs())
}

fn biased(x: Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    match bias {
        Some(bias) => x.broadcast_add(&bias.to_dtype(x.dtype())?),
        None => Ok(x),
    }
}

/// Rows of the given tokens, which are inside the vocabulary, times `scale`.
pub(crate) fn embed(tokens: &[u32], weight: &Matrix, scale: f32) -> Result<Tensor> {
    let rows = match weight {
        Matrix::Packed(packed) => return embed_on_cpu(tokens, packed, scale),
        Matrix::Dense(dense) => dense.index_select(&Tensor::new(tokens, dense.device())?, 0)?,
    };
    if scale == 1.0 { Ok(rows) } else { rows.affine(scale.into(), 0.0) }
}

fn embed_on_cpu(tokens: &[u32], weight: &Packed, scale: f32) -> Result<Tensor> {
    let hidden = weight.inputs();
    let mut rows = vec![0.0; tokens.len() * hidden];
    let each = rows.par_chunks_mut(hidden).zip(tokens).with_min_len(16);
    each.for_each(|(row, &token)| weight.row(token as usize, row));
    if scale != 1.0 {
        vector::scale(&mut rows, scale);
    }
    tensor(rows, tokens.len(), hidden)
}
