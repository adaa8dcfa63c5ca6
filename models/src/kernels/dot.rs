//! Products of a few rows with a transposed matrix, as dot products of rows.
//!
//! Weights lie as `[outputs, inputs]`, so every output is the dot product of two contiguous rows.
//! General products first pack the weights for their kernel, which for a dozen tokens costs more
//! than the product: an expert rarely sees more, and a step of generation never does. Here a tile
//! of rows times weights keeps its sums in registers and nothing is packed. Every output is summed
//! in an order that depends on `inputs` alone, so a row is the same to the bit in any company.

#![cfg(target_arch = "x86_64")]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

/// Numbers of weights streamed over at a time: 256 KiB stay in the second-level cache.
const WEIGHTS: usize = 1 << 16;
/// Numbers in a register.
const LANES: usize = 16;
/// Rows and weights of a tile: 24 sums, 6 weights and a row fill the 32 registers.
const M: usize = 4;
const N: usize = 6;

/// Operands of `x · wᵀ`.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    /// `[rows, inputs]`
    pub(crate) x: &'a [f32],
    /// `[outputs, inputs]`
    pub(crate) w: &'a [f32],
    pub(crate) inputs: usize,
}

/// Writes `x · wᵀ` to rows of `out` that start `stride` apart, on one thread.
///
/// Returns false, having done nothing, on a CPU without AVX-512.
pub(crate) fn product(operands: Operands<'_>, out: &mut [f32], stride: usize) -> bool {
    if !is_x86_feature_detected!("avx512f") {
        return false;
    }
    let block = (WEIGHTS / operands.inputs).max(N);
    for (number, w) in operands.w.chunks(block * operands.inputs).enumerate() {
        let part = Operands { w, ..operands };
        #[expect(unsafe_code, reason = "the feature was just detected")]
        // SAFETY: the CPU has AVX-512F.
        unsafe {
            tiles(part, &mut out[number * block..], stride);
        }
    }
    true
}

#[target_feature(enable = "avx512f")]
fn tiles(operands: Operands<'_>, out: &mut [f32], stride: usize) {
    let Operands { x, w, inputs } = operands;
    let (rows, outputs) = (x.len() / inputs, w.len() / inputs);
    for row in (0..rows).step_by(M) {
        let xs = lines::<M>(x, row, rows, inputs);
        for column in (0..outputs).step_by(N) {
            let sums = tile(xs, lines::<N>(w, column, outputs, inputs), inputs);
            let width = N.min(outputs - column);
            for (i, sums) in sums.iter().enumerate().take(rows - row) {
                out[(row + i) * stride + column..][..width].copy_from_slice(&sums[..width]);
            }
        }
    }
}

/// C rows from `first` on; past the end the last is repeated, and what it yields is dropped.
fn lines<const C: usize>(data: &[f32], first: usize, count: usize, width: usize) -> [&[f32]; C] {
    std::array::from_fn(|i| &data[(first + i).min(count - 1) * width..][..width])
}

#[target_feature(enable = "avx512f")]
fn tile(xs: [&[f32]; M], ws: [&[f32]; N], inputs: usize) -> [[f32; N]; M] {
    let mut sums = [[_mm512_setzero_ps(); N]; M];
    let whole = inputs - inputs % LANES;
    for at in (0..whole).step_by(LANES) {
        add_step(&mut sums, xs, ws, at, u16::MAX);
    }
    if whole < inputs {
        add_step(&mut sums, xs, ws, whole, (1 << (inputs - whole)) - 1);
    }
    let mut out = [[0.0; N]; M];
    for i in 0..M {
        for j in 0..N {
            out[i][j] = _mm512_reduce_add_ps(sums[i][j]);
        }
    }
    out
}

/// Adds the products of the numbers at `at` that the mask names.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_step(sums: &mut [[__m512; N]; M], xs: [&[f32]; M], ws: [&[f32]; N], at: usize, mask: u16) {
    let mut w = [_mm512_setzero_ps(); N];
    for j in 0..N {
        w[j] = load(ws[j], at, mask);
    }
    for i in 0..M {
        let x = load(xs[i], at, mask);
        for j in 0..N {
            sums[i][j] = _mm512_fmadd_ps(x, w[j], sums[i][j]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(data: &[f32], at: usize, mask: u16) -> __m512 {
    debug_assert!(at + (mask.count_ones() as usize) <= data.len());
    #[expect(
        unsafe_code,
        reason = "a checked load in the innermost loop costs a third of the speed"
    )]
    // SAFETY: `tile` asks for numbers below `inputs` only, which is the length of every line.
    unsafe {
        _mm512_maskz_loadu_ps(mask, data.as_ptr().add(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn outputs_are_dot_products_and_the_same_in_any_company() {
        for (rows, inputs, outputs) in [(1, 7, 5), (3, 16, 6), (9, 100, 13), (64, 33, 4000)] {
            let (x, w) = (numbers(rows * inputs, 0.37), numbers(outputs * inputs, 0.11));
            let (x, w) = (x.as_slice(), w.as_slice());
            let mut out = vec![0.0; rows * outputs];
            if !product(Operands { x, w, inputs }, &mut out, outputs) {
                return;
            }
            for (i, &sum) in out.iter().enumerate() {
                let (x, w) = (&x[i / outputs * inputs..], &w[i % outputs * inputs..]);
                let terms = (0..inputs).map(|k| f64::from(x[k]) * f64::from(w[k]));
                assert!((f64::from(sum) - terms.sum::<f64>()).abs() < 1e-5);
            }
            let mut alone = vec![0.0; outputs];
            let last = &x[(rows - 1) * inputs..];
            product(Operands { x: last, w, inputs }, &mut alone, outputs);
            assert_eq!(alone, out[(rows - 1) * outputs..]);
        }
    }
}
