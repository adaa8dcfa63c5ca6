//! A projection without bias.

use super::Operation;
use super::product::{Matrix, multiply};

/// `x · wᵀ` for x `[tokens, input]` and w `[output, input]`.
pub struct Linear {
    /// Rows of x.
    pub tokens: usize,
    /// Width of x.
    pub input: usize,
    /// Width of the result.
    pub output: usize,
}

impl Operation for Linear {
    const NAME: &'static str = "linear";

    fn shape(&self) -> Vec<usize> {
        vec![self.tokens, self.output]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let x = Matrix::of_width(inputs[0], self.input);
        let w = Matrix::of_width(inputs[1], self.input).transposed();
        let mut result = vec![0.0; self.tokens * self.output];
        let sizes = [self.tokens, self.output, self.input];
        multiply(sizes, (&mut result, self.output), 0.0, (x, w), 1.0);
        result
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let x = Matrix::of_width(inputs[0], self.input);
        let w = Matrix::of_width(inputs[1], self.input);
        let gradient = Matrix::of_width(gradient, self.output);
        let mut of_x = vec![0.0; self.tokens * self.input];
        let sizes = [self.tokens, self.input, self.output];
        multiply(sizes, (&mut of_x, self.input), 0.0, (gradient, w), 1.0);
        let mut of_w = vec![0.0; self.output * self.input];
        let sizes = [self.output, self.input, self.tokens];
        multiply(sizes, (&mut of_w, self.input), 0.0, (gradient.transposed(), x), 1.0);
        vec![of_x, of_w]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::operations::check;

    #[test]
    fn gradients_agree_with_differences() {
        let make = || Linear { tokens: 3, input: 4, output: 2 };
        check::gradients(make, check::inputs(&[12, 8], 1));
    }
}
