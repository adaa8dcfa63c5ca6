//! [`matmul`]: what the machine can do, measured by the engine's own product.

use candle_core::Tensor;

use crate::kernels::matrix::linear;
use crate::kernels::packed::{Packed, Storage};
use crate::{LoadOptions, Problem};

/// Multiplies two square f32 matrices of this size on all threads, as a layer multiplies its rows with
/// its weights, and returns the floating-point operations of one product. `call` is given the product
/// to run, as often as it likes: what it measures is the rate that a run can be compared with.
pub fn matmul(size: usize, call: &mut dyn FnMut(&dyn Fn())) -> u64 {
    let numbers: Vec<f32> = (0..size * size).map(|i| (i % 251) as f32 / 251.0 - 0.5).collect();
    let mut weights = Packed::zeros(size, size, Storage::F32);
    weights.fill(0, &numbers);
    call(&|| drop(std::hint::black_box(linear(&numbers, &weights))));
    2 * (size as u64).pow(3)
}

/// A product on a device, finished when it returns.
pub type DeviceProduct<'a> = dyn Fn() -> Result<(), Problem> + 'a;

/// The same on a device, in the type that its layers compute in; `call` is given a product that waits
/// until the device is done.
///
/// # Errors
/// If the device cannot be opened, or fails.
pub fn device_matmul(
    options: &LoadOptions,
    size: usize,
    call: &mut dyn FnMut(&DeviceProduct<'_>) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    let failed = |error: candle_core::Error| Problem::Device { reason: error.to_string() };
    let placement = options.device.open(options.dtype)?;
    let matrix = || {
        let x = Tensor::rand(-0.5f32, 0.5, (size, size), &placement.device)?;
        x.to_dtype(placement.dtype)
    };
    let (x, w) = (matrix().map_err(failed)?, matrix().map_err(failed)?);
    call(&|| {
        let product = x.matmul(&w).map_err(failed)?;
        placement.device.synchronize().map_err(failed)?;
        drop(product);
        Ok(())
    })?;
    Ok(2 * (size as u64).pow(3))
}
