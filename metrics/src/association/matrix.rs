//! Small dense matrices, row by row: a regression of documents has a few dozen columns.

/// Adds weight · row rowᵀ.
pub(super) fn add_outer(matrix: &mut [Vec<f64>], row: &[f64], weight: f64) {
    for (line, a) in matrix.iter_mut().zip(row) {
        line.iter_mut().zip(row).for_each(|(cell, b)| *cell += weight * a * b);
    }
}

/// Gauss and Jordan with pivoting; `None` for a singular matrix.
pub(super) fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let scale: Vec<f64> = (0..size).map(|j| matrix[j][j].abs()).collect();
    let mut inverse: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|&i, &j| matrix[i][column].abs().total_cmp(&matrix[j][column].abs()))?;
        if matrix[pivot][column].abs() <= 1e-12 * scale[column] {
            return None;
        }
        matrix.swap(column, pivot);
        inverse.swap(column, pivot);
        eliminate(&mut matrix, &mut inverse, column);
    }
    Some(inverse)
}

fn eliminate(matrix: &mut [Vec<f64>], inverse: &mut [Vec<f64>], column: usize) {
    let pivot = matrix[column][column];
    matrix[column].iter_mut().chain(&mut inverse[column]).for_each(|cell| *cell /= pivot);
    let (pivot_row, pivot_inverse) = (matrix[column].clone(), inverse[column].clone());
    for line in (0..matrix.len()).filter(|line| *line != column) {
        let factor = matrix[line][column];
        matrix[line].iter_mut().zip(&pivot_row).for_each(|(cell, p)| *cell -= factor * p);
        inverse[line].iter_mut().zip(&pivot_inverse).for_each(|(cell, p)| *cell -= factor * p);
    }
}

/// Σ aᵢ bᵢ.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
