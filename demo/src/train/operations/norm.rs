//! Root-mean-square norm (Zhang and Sennrich 2019).

use super::Operation;
use crate::checkpoint::NORM_EPSILON;

/// `x / sqrt(mean(x²) + ε) * w` over rows of `width`, for x `[rows, width]` and w `[width]`.
pub struct Norm {
    /// Rows of x.
    pub rows: usize,
    /// Width of x.
    pub width: usize,
}

/// `1 / sqrt(mean(x²) + ε)`.
pub(super) fn inverse_root(row: &[f32]) -> f32 {
    let squares: f32 = row.iter().map(|x| x * x).sum();
    1.0 / (squares / row.len() as f32 + NORM_EPSILON as f32).sqrt()
}

/// Adds the gradients of one row: of x into `of_x` (overwritten), of w onto `of_w`.
pub(super) fn backward_row(
    (row, weight): (&[f32], &[f32]),
    gradient: &[f32],
    (of_x, of_w): (&mut [f32], &mut [f32]),
) {
    let inverse = inverse_root(row);
    let mut along = 0.0;
    for ((x, w), g) in row.iter().zip(weight).zip(gradient) {
        along += x * w * g;
    }
    let along = along * inverse * inverse / row.len() as f32;
    for (at, out) in of_x.iter_mut().enumerate() {
        *out = inverse * (weight[at] * gradient[at] - row[at] * along);
        of_w[at] += gradient[at] * row[at] * inverse;
    }
}

impl Operation for Norm {
    const NAME: &'static str = "norm";

    fn shape(&self) -> Vec<usize> {
        vec![self.rows, self.width]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let mut result = Vec::with_capacity(inputs[0].len());
        for row in inputs[0].chunks_exact(self.width) {
            let inverse = inverse_root(row);
            result.extend(row.iter().zip(inputs[1]).map(|(x, w)| x * inverse * w));
        }
        result
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let (mut of_x, mut of_w) = (vec![0.0; inputs[0].len()], vec![0.0; self.width]);
        let rows = inputs[0].chunks_exact(self.width).zip(gradient.chunks_exact(self.width));
        for ((row, gradient), of_x) in rows.zip(of_x.chunks_exact_mut(self.width)) {
            backward_row((row, inputs[1]), gradient, (of_x, &mut of_w));
        }
        vec![of_x, of_w]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::operations::check;

    #[test]
    fn gradients_agree_with_differences() {
        check::gradients(|| Norm { rows: 3, width: 5 }, check::inputs(&[15, 5], 2));
    }
}
