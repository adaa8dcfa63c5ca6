//! [`matmul`]: what the machine can do, measured by the engine's own product.

use crate::kernels::matrix::linear;
use crate::kernels::packed::{Packed, Storage};

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
