//! Products of rows with packed weights, and general products of two operands by the `gemm` crate.

use std::borrow::Cow;
use std::ops::Range;

use gemm::Parallelism;
use rayon::prelude::*;

use super::packed::Packed;
use super::tile::{self, Panel, RoundedRows, Rows, Target, WIDTH};

/// Rows of one task where there are many: half a second-level cache of numbers.
const NUMBERS: usize = 1 << 17;
/// Rows that make a task worth its while.
const LEAST_ROWS: usize = 24;
/// Inputs at whose multiples equal places of all rows fall into the same few cache lines.
const CLASH: usize = 1024;
/// Tasks for each thread, so that one that is held up does not hold up the others.
const TASKS: usize = 4;

/// `x · wᵀ` for `x` of `[rows, inputs]`, on all threads.
pub(crate) fn linear(x: &[f32], w: &Packed) -> Vec<f32> {
    let (rows, inputs, outputs) = (x.len() / w.inputs(), w.inputs(), w.outputs());
    let tasks = TASKS * rayon::current_num_threads();
    if rows < tasks * LEAST_ROWS {
        return by_columns(x, w, w.panels().div_ceil(tasks));
    }
    let block = (NUMBERS / inputs).min(rows.div_ceil(tasks)).max(LEAST_ROWS);
    let mut out = vec![0.0; rows * outputs];
    let blocks = out.par_chunks_mut(block * outputs).zip(x.par_chunks(block * inputs));
    blocks.for_each(|(out, x)| product(x, w, 0..w.panels(), out));
    out
}

/// Splits the outputs among the threads.
fn by_columns(x: &[f32], w: &Packed, panels: usize) -> Vec<f32> {
    let (rows, outputs) = (x.len() / w.inputs(), w.outputs());
    let starts: Vec<usize> = (0..w.panels()).step_by(panels.max(1)).collect();
    let part = |&start: &usize| {
        let range = start..w.panels().min(start + panels);
        let mut out = vec![0.0; rows * columns(w, &range)];
        product(x, w, range, &mut out);
        out
    };
    let parts: Vec<Vec<f32>> = starts.par_iter().map(part).collect();
    if let [_] = parts[..] {
        return parts.into_iter().next().unwrap_or_default();
    }
    let mut out = vec![0.0; rows * outputs];
    for (start, part) in starts.iter().zip(&parts) {
        let width = part.len() / rows.max(1);
        for (out, part) in out.chunks_mut(outputs).zip(part.chunks(width.max(1))) {
            out[start * WIDTH..][..width].copy_from_slice(part);
        }
    }
    out
}

/// Outputs that a range of panels stands for.
pub(crate) fn columns(w: &Packed, panels: &Range<usize>) -> usize {
    (panels.end * WIDTH).min(w.outputs()) - panels.start * WIDTH
}

/// Some outputs of `x · wᵀ` on one thread: `out` is `[rows, columns of the panels]`.
///
/// # Panics
/// If `out` has another size.
pub(crate) fn product(x: &[f32], w: &Packed, panels: Range<usize>, out: &mut [f32]) {
    let padded = padded(x, w.inputs());
    product_of_rows(rows_of(&padded, x.len() / w.inputs(), w.inputs()), w, panels, out);
}

/// Distance between rows of `inputs` numbers that do not compete for the same cache lines.
pub(crate) fn row_stride(inputs: usize) -> usize {
    if inputs.is_multiple_of(CLASH) { inputs + 16 } else { inputs }
}

/// Rows of `inputs` numbers, [`row_stride`] apart.
pub(crate) fn padded(x: &[f32], inputs: usize) -> Cow<'_, [f32]> {
    let stride = row_stride(inputs);
    if stride == inputs {
        return x.into();
    }
    let mut padded = vec![0.0; x.len() / inputs * stride];
    let lines = padded.chunks_mut(stride).zip(x.chunks(inputs));
    lines.for_each(|(line, x)| line[..inputs].copy_from_slice(x));
    padded.into()
}

/// `count` rows as [`padded`] lays them.
pub(crate) fn rows_of(numbers: &[f32], count: usize, inputs: usize) -> Rows<'_> {
    Rows { numbers, stride: row_stride(inputs), count, inputs }
}

/// As [`product`], for rows that lie apart.
pub(crate) fn product_of_rows(x: Rows<'_>, w: &Packed, panels: Range<usize>, out: &mut [f32]) {
    let stride = columns(w, &panels);
    assert_eq!(out.len(), x.count * stride, "output of a product");
    if x.count == 0 {
        return;
    }
    let rounded = w.rounds().then(|| RoundedRows::new(x));
    for panel in panels.clone() {
        let numbers = &mut out[(panel - panels.start) * WIDTH..];
        let out = Target { numbers, stride, columns: w.columns(panel), add: false };
        match (&rounded, w.panel(panel)) {
            (Some(x), Panel::Bf16(pairs)) => tile::product_rounded(x, pairs, out),
            (_, panel) => tile::product(x, panel, out),
        }
    }
}

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

/// `out = a · b`, or `out += a · b` with `add`, on one thread; `out` is row-major with `out_stride`
/// between rows.
///
/// # Panics
/// If the shapes do not fit each other or the slices.
pub(crate) fn multiply(out: &mut [f32], out_stride: usize, a: Mat<'_>, b: Mat<'_>, add: bool) {
    assert_eq!(a.cols, b.rows, "inner dimensions of a product");
    match a.rows {
        0 => {}
        1 => multiply_one_row(&mut out[..b.cols], a, b, add),
        _ => call_gemm(out, out_stride, a, b, add),
    }
}

/// gemm computes one-row products by another algorithm with other roundings: a second row keeps a
/// token's numbers the same whether it comes alone or in company.
fn multiply_one_row(out: &mut [f32], a: Mat<'_>, b: Mat<'_>, add: bool) {
    let row = |c: usize| a.data[c * a.col_stride];
    let twice: Vec<f32> = (0..2 * a.cols).map(|i| row(i % a.cols)).collect();
    let mut both = vec![0.0; 2 * b.cols];
    call_gemm(&mut both, b.cols, Mat::new(&twice, 2, a.cols), b, false);
    for (out, product) in out.iter_mut().zip(&both) {
        *out = if add { *out + product } else { *product };
    }
}

#[expect(unsafe_code, reason = "gemm takes pointers; the assertions bound everything it touches")]
fn call_gemm(out: &mut [f32], out_stride: usize, a: Mat<'_>, b: Mat<'_>, add: bool) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    assert!(a.data.len() >= a.reach() && b.data.len() >= b.reach(), "operands of a product");
    assert!(out_stride >= n && out.len() >= (m - 1) * out_stride + n, "output of a product");
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
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn a_row_is_the_same_alone_and_in_company_to_the_bit() {
        for (rows, inputs, outputs) in [(5, 7, 3), (300, 40, 70), (9, CLASH, 33)] {
            let (x, w) = (numbers(rows * inputs, 0.37), numbers(outputs * inputs, 0.11));
            let packed = Packed::from_rows(&w, inputs);
            let all = linear(&x, &packed);
            for row in [0, rows / 2, rows - 1] {
                let x = &x[row * inputs..][..inputs];
                let expected = &all[row * outputs..][..outputs];
                assert_eq!(linear(x, &packed), expected);
                for (w, sum) in w.chunks(inputs).zip(expected) {
                    let terms = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
                    assert!((terms.sum::<f64>() - f64::from(*sum)).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn rows_split_among_threads_are_all_there() {
        let (rows, inputs) = (LEAST_ROWS * TASKS * rayon::current_num_threads() + 5, 3);
        let x = numbers(rows * inputs, 0.37);
        let w = Packed::from_rows(&[1.0, 0.0, 0.0, 0.0, 0.0, 2.0], inputs);
        let expected: Vec<f32> = x.chunks(3).flat_map(|x| [x[0], 2.0 * x[2]]).collect();
        assert_eq!(linear(&x, &w), expected);
    }

    #[test]
    fn products_can_be_added_to_what_is_there() {
        let (a, b) = ([1.0, 2.0], [3.0, 4.0]);
        let mut out = [10.0, 0.0];
        multiply(&mut out, 1, Mat::new(&a, 1, 2), Mat::new(&b, 2, 1), true);
        assert_eq!(out, [21.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "operands of a product")]
    fn a_matrix_larger_than_its_slice_is_refused() {
        let a = [0.0; 4];
        let mut out = [0.0; 9];
        multiply(&mut out, 3, Mat::new(&a, 3, 3), Mat::new(&a, 3, 3), false);
    }
}
