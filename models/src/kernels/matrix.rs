//! Matrix products on slices: by the `gemm` crate, and by dot products where rows are few.

use gemm::Parallelism;
use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::dot;

/// Rows up to which packing weights does not pay (Zen 4: dot products are 5× as fast at 8 rows,
/// equal at 64).
const FEW: usize = 64;
/// Outputs that one thread computes where rows are few.
const BLOCK: usize = 192;

/// A read-only matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Mat<'a> {
    /// Row-major without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// Row-major; a row starts `row_stride` numbers after the one before it.
    pub(crate) fn strided(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        Self { data, rows, cols, row_stride, col_stride: 1 }
    }

    /// The transpose, without moving a number.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// Numbers of `data` that the matrix reaches over.
    fn reach(&self) -> usize {
        match (self.rows, self.cols) {
            (0, _) | (_, 0) => 0,
            (r, c) => (r - 1) * self.row_stride + (c - 1) * self.col_stride + 1,
        }
    }
}

/// Whether a product may use the whole rayon pool, or runs inside work that is parallel already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    One,
    Pool,
}

/// `out = a · b`, or `out += a · b` with `add`; `out` is row-major with `out_stride` between rows.
///
/// # Panics
/// If the shapes do not fit each other or the slices.
pub(crate) fn multiply(
    out: &mut [f32],
    out_stride: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    add: bool,
    threads: Threads,
) {
    assert_eq!(a.cols, b.rows, "inner dimensions of a product");
    match a.rows {
        0 => {}
        1 => multiply_one_row(&mut out[..b.cols], a, b, add, threads),
        _ => call_gemm(out, out_stride, a, b, add, threads),
    }
}

/// gemm computes one-row products by another algorithm with other roundings: a second row keeps a
/// token's numbers the same whether it comes alone or in company.
fn multiply_one_row(out: &mut [f32], a: Mat<'_>, b: Mat<'_>, add: bool, threads: Threads) {
    let row = |c: usize| a.data[c * a.col_stride];
    let twice: Vec<f32> = (0..2 * a.cols).map(|i| row(i % a.cols)).collect();
    let mut both = vec![0.0; 2 * b.cols];
    call_gemm(&mut both, b.cols, Mat::new(&twice, 2, a.cols), b, false, threads);
    for (out, product) in out.iter_mut().zip(&both) {
        *out = if add { *out + product } else { *product };
    }
}

#[expect(unsafe_code, reason = "gemm takes pointers; the assertions bound everything it touches")]
fn call_gemm(
    out: &mut [f32],
    out_stride: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    add: bool,
    threads: Threads,
) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    assert!(a.data.len() >= a.reach() && b.data.len() >= b.reach(), "operands of a product");
    assert!(out_stride >= n && out.len() >= (m - 1) * out_stride + n, "output of a product");
    let parallelism = match threads {
        Threads::One => Parallelism::None,
        Threads::Pool => Parallelism::Rayon(0),
    };
    // SAFETY: every index gemm forms is below `reach()` of its operand, or inside `out`, which is
    // borrowed mutably and so overlaps neither operand.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// `x · wᵀ` for `x` of `[rows, inputs]` and `w` of `[outputs, inputs]`, on all threads.
pub(crate) fn linear(x: &[f32], w: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let rows = x.len() / inputs;
    let mut out = vec![0.0; rows * outputs];
    if rows > FEW {
        let (x, w) = (Mat::new(x, rows, inputs), Mat::new(w, outputs, inputs));
        multiply(&mut out, outputs, x, w.t(), false, Threads::Pool);
        return out;
    }
    let parts: Vec<Vec<f32>> = w.par_chunks(BLOCK * inputs).map(|w| part(x, w, inputs)).collect();
    for (number, part) in parts.iter().enumerate() {
        let width = part.len() / rows;
        for (out, part) in out.chunks_mut(outputs).zip(part.chunks(width)) {
            out[number * BLOCK..][..width].copy_from_slice(part);
        }
    }
    out
}

fn part(x: &[f32], w: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = w.len() / inputs;
    let mut out = vec![0.0; x.len() / inputs * outputs];
    times_transposed(&mut out, x, w, inputs);
    out
}

/// `out = x · wᵀ` on one thread, for `x` of `[rows, inputs]` and `w` of `[outputs, inputs]`.
///
/// # Panics
/// If `out` is not `[rows, outputs]`.
pub(crate) fn times_transposed(out: &mut [f32], x: &[f32], w: &[f32], inputs: usize) {
    let (rows, outputs) = (x.len() / inputs, w.len() / inputs);
    assert_eq!(out.len(), rows * outputs, "output of a product");
    #[cfg(target_arch = "x86_64")]
    if rows <= FEW && dot::product(dot::Operands { x, w, inputs }, out, outputs) {
        return;
    }
    let (x, w) = (Mat::new(x, rows, inputs), Mat::new(w, outputs, inputs));
    multiply(out, outputs, x, w.t(), false, Threads::One);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_same_alone_and_in_company() {
        let x: Vec<f32> = (0..5 * 7).map(|i| (i as f32 * 0.37).sin()).collect();
        let w: Vec<f32> = (0..3 * 7).map(|i| (i as f32 * 0.11).cos()).collect();
        let all = linear(&x, &w, 7, 3);
        for (row, expected) in all.chunks(3).enumerate() {
            let alone = linear(&x[row * 7..][..7], &w, 7, 3);
            assert!(alone.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn products_can_be_added_to_what_is_there() {
        let (a, b) = ([1.0, 2.0], [3.0, 4.0]);
        let mut out = [10.0, 0.0];
        multiply(&mut out, 1, Mat::new(&a, 1, 2), Mat::new(&b, 2, 1), true, Threads::One);
        assert_eq!(out, [21.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "operands of a product")]
    fn a_matrix_larger_than_its_slice_is_refused() {
        let a = [0.0; 4];
        let mut out = [0.0; 9];
        multiply(&mut out, 3, Mat::new(&a, 3, 3), Mat::new(&a, 3, 3), false, Threads::One);
    }
}
