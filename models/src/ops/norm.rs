//! Normalisation of rows.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::host::{has_kernels, on_host};
use super::placement::wide;
use crate::cuda;
use crate::kernels::host::{host, tensor};
use crate::kernels::norm;

/// RMSNorm (arXiv:1910.07467) of every run of numbers as wide as `weight`.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    if on_host(x) {
        return tensor(norm::rms_norm(&host(x)?, &host(weight)?, eps), rows, cols);
    }
    if has_kernels(x) {
        return cuda::rms_norm(&x.contiguous()?, weight, eps);
    }
    let normed = scaled(&runs(x, weight.dim(0)?)?, eps)?.broadcast_mul(weight)?;
    normed.reshape((rows, cols))?.to_dtype(x.dtype())
}

/// Layer normalisation (arXiv:1607.06450) of every run of numbers as wide as `weight`.
pub(crate) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f32) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    if on_host(x) {
        let normed = norm::layer_norm(&host(x)?, &host(weight)?, &host(bias)?, eps);
        return tensor(normed, rows, cols);
    }
    let x_runs = runs(x, weight.dim(0)?)?;
    let centred = x_runs.broadcast_sub(&x_runs.mean_keepdim(D::Minus1)?)?;
    let normed = scaled(&centred, eps)?.broadcast_mul(weight)?.broadcast_add(bias)?;
    normed.reshape((rows, cols))?.to_dtype(x.dtype())
}

/// RMSNorm of each of `groups` equal runs of a row, times the weight of the whole row.
pub(crate) fn grouped_norm(x: &Tensor, weight: &Tensor, groups: usize, eps: f32) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    if on_host(x) {
        let normed = grouped_on_cpu(&host(x)?, &host(weight)?, groups, eps);
        return tensor(normed, rows, cols);
    }
    if has_kernels(x) {
        return cuda::grouped_norm(&x.contiguous()?, weight, groups, eps);
    }
    let normed = scaled(&runs(x, cols / groups)?, eps)?.reshape((rows, cols))?;
    normed.broadcast_mul(weight)?.to_dtype(x.dtype())
}

fn grouped_on_cpu(x: &[f32], weight: &[f32], groups: usize, eps: f32) -> Vec<f32> {
    let mut normed = norm::rms_norm(x, &vec![1.0; weight.len() / groups], eps);
    let rows = normed.par_chunks_mut(weight.len()).with_min_len(16);
    rows.for_each(|row| row.iter_mut().zip(weight).for_each(|(x, weight)| *x *= weight));
    normed
}

/// Rows cut into runs of `width` numbers, in the type of sums.
fn runs(x: &Tensor, width: usize) -> Result<Tensor> {
    x.to_dtype(wide(x.dtype()))?.reshape(((), width))
}

/// Runs divided by their root mean square.
fn scaled(runs: &Tensor, eps: f32) -> Result<Tensor> {
    let squares = runs.sqr()?.mean_keepdim(D::Minus1)?;
    runs.broadcast_div(&squares.affine(1.0, eps.into())?.sqrt()?)
}
