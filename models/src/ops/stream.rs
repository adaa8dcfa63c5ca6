//! The residual stream: adding to it, picking rows of it, looking whether it is finite.

use candle_core::{D, DType, Result, Tensor};

use super::host::{has_kernels, on_host};
use super::placement::wide;
use crate::cuda;
use crate::kernels::experts::gather;
use crate::kernels::host::{host, tensor};
use crate::kernels::{norm, vector};

/// `x + scale · change`.
pub(crate) fn add(x: &Tensor, change: &Tensor, scale: f32) -> Result<Tensor> {
    if has_kernels(x) {
        return cuda::add(&x.contiguous()?, &change.contiguous()?, scale);
    }
    if !on_host(x) {
        return if scale == 1.0 { x + change } else { x + change.affine(scale.into(), 0.0)? };
    }
    let (rows, width) = x.dims2()?;
    if scale == 1.0 {
        return tensor(norm::add(&host(x)?, &host(change)?), rows, width);
    }
    let mut sum = host(x)?.to_vec();
    vector::add_scaled(&mut sum, &host(change)?, scale);
    tensor(sum, rows, width)
}

/// Copies the given rows of a matrix.
pub(crate) fn gather_rows(x: &Tensor, rows: &[usize]) -> Result<Tensor> {
    if on_host(x) {
        let width = x.dim(1)?;
        return tensor(gather(&host(x)?, rows.iter().copied(), width), rows.len(), width);
    }
    let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
    x.index_select(&Tensor::new(rows, x.device())?, 0)
}

/// Whether all numbers of some rows of a matrix in host memory are finite.
pub(crate) fn all_finite(x: &Tensor, rows: std::ops::Range<usize>) -> Result<bool> {
    let width = x.dim(1)?;
    Ok(vector::all_finite(&host(x)?[rows.start * width..rows.end * width]))
}

/// 1 for every row of which all numbers are finite, else 0, on the device: `[rows]` of u8.
pub(crate) fn finite_rows(x: &Tensor) -> Result<Tensor> {
    if has_kernels(x) {
        return cuda::finite_rows(&x.contiguous()?);
    }
    // A finite number times 0 is 0; NaN and infinities leave NaN, which equals nothing.
    let sum = x.affine(0.0, 0.0)?.to_dtype(wide(x.dtype()))?.sum(D::Minus1)?;
    sum.eq(&sum.zeros_like()?)?.to_dtype(DType::U8)
}
