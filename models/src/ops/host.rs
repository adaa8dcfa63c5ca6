//! Where a tensor lies, and the way through host memory.

use candle_core::{DType, Result, Tensor};

use crate::kernels::host::host;

/// Whether a tensor's numbers are what `kernels/` takes: f32 in host memory.
pub(crate) fn on_host(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// A tensor's numbers in f32, row by row.
pub(crate) fn to_host(x: &Tensor) -> Result<Vec<f32>> {
    if on_host(x) && x.is_contiguous() {
        return Ok(host(x)?.to_vec());
    }
    x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

/// A matrix of these numbers, where and as `x` is.
pub(crate) fn like(x: &Tensor, numbers: Vec<f32>, rows: usize, cols: usize) -> Result<Tensor> {
    Tensor::from_vec(numbers, (rows, cols), x.device())?.to_dtype(x.dtype())
}
