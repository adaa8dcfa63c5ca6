//! Matrix products on slices.

use gemm::{Parallelism, gemm};

/// A matrix inside a slice: element (row, column) is at `row * rows + column * columns`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    /// The elements.
    pub(super) values: &'a [f32],
    /// Distance between rows.
    pub(super) rows: usize,
    /// Distance between columns.
    pub(super) columns: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix of a width.
    pub(super) fn of_width(values: &'a [f32], width: usize) -> Self {
        Self { values, rows: width, columns: 1 }
    }

    /// The transpose, without moving anything.
    pub(super) fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, ..self }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.rows + (columns - 1) * self.columns < self.values.len()
    }
}

/// `out = keep * out + scale * left * right` for `[m, k]` times `[k, n]`; rows of `out` are
/// `out_rows` apart. With `keep` 0 the old contents are not read.
pub(super) fn multiply(
    [m, n, k]: [usize; 3],
    (out, out_rows): (&mut [f32], usize),
    keep: f32,
    (left, right): (Matrix<'_>, Matrix<'_>),
    scale: f32,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!((m - 1) * out_rows + n <= out.len() && left.holds(m, k) && right.holds(k, n));
    #[expect(unsafe_code, reason = "gemm takes pointers; the assertion above bounds every access")]
    // SAFETY: all three matrices lie inside their slices, and `out` is borrowed mutably.
    unsafe {
        gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_rows as isize,
            keep != 0.0,
            left.values.as_ptr(),
            left.columns as isize,
            left.rows as isize,
            right.values.as_ptr(),
            right.columns as isize,
            right.rows as isize,
            keep,
            scale,
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

    #[test]
    fn products_and_transposes() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let mut out = [1.0; 4];
        let (left, right) = (Matrix::of_width(&a, 3), Matrix::of_width(&b, 2));
        multiply([2, 2, 3], (&mut out, 2), 0.0, (left, right), 1.0);
        assert_eq!(out, [4.0, 5.0, 10.0, 11.0]);
        let right = Matrix::of_width(&b, 3).transposed();
        multiply([2, 2, 3], (&mut out, 2), 1.0, (left, right), 2.0);
        assert_eq!(out, [6.0, 17.0, 18.0, 41.0]);
    }
}
