//! Where a tensor lies, and the way through host memory.

use candle_core::{DType, Result, Tensor};

use crate::kernels::host::host;

/// Whether a tensor's numbers are what `kernels/` takes: f32 in host memory.
pub(crate) fn on_host(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// Whether the kernels of `cuda/` run where a tensor of rows lies.
pub(crate) fn has_kernels(x: &Tensor) -> bool {
    let typed = matches!(x.dtype(), DType::F32 | DType::BF16);
    typed && (x.device().is_cuda() || emulated(x))
}

/// In this crate's own tests the emulator may take the place of a GPU, on rows in bf16.
#[cfg(test)]
fn emulated(x: &Tensor) -> bool {
    x.dtype() == DType::BF16 && EMULATE.get()
}

#[cfg(not(test))]
fn emulated(_: &Tensor) -> bool {
    false
}

#[cfg(test)]
thread_local! {
    /// Whether this thread's models run on the emulator.
    pub(super) static EMULATE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
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
