//! The experts of one layer, run on the tokens that chose them.

use std::sync::Mutex;

use super::Operation;
use super::exponential::exp;
use super::product::{Matrix, multiply};

/// `Σ_e weight[t, e] · down_e(silu(gate_e x_t) ∘ up_e x_t)` over the experts with a weight that
/// is not 0.
///
/// Inputs: x `[tokens, hidden]`; weights `[tokens, experts]`; experts `[experts, 3, width,
/// hidden]`, holding gate, up and the transpose of down.
pub struct Experts {
    tokens: usize,
    hidden: usize,
    experts: usize,
    width: usize,
    /// Tokens of each expert with their gate and up projections, kept for the backward pass.
    kept: Mutex<Vec<Visit>>,
}

/// What one expert saw.
struct Visit {
    rows: Vec<usize>,
    projected: Vec<f32>,
}

fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The value and the derivative of silu.
fn silu_slope(x: f32) -> (f32, f32) {
    let sigmoid = 1.0 / (1.0 + exp(-x));
    (x * sigmoid, sigmoid * (1.0 + x * (1.0 - sigmoid)))
}

impl Experts {
    /// Experts of a layer.
    pub fn new([tokens, hidden, experts, width]: [usize; 4]) -> Self {
        Self { tokens, hidden, experts, width, kept: Mutex::default() }
    }

    fn rows(&self, weights: &[f32], expert: usize) -> Vec<usize> {
        (0..self.tokens).filter(|row| weights[row * self.experts + expert] != 0.0).collect()
    }

    fn gather(&self, x: &[f32], rows: &[usize]) -> Vec<f32> {
        rows.iter()
            .flat_map(|&row| &x[row * self.hidden..(row + 1) * self.hidden])
            .copied()
            .collect()
    }

    /// The gate and up projections `[2 * width, hidden]`, and the transpose of down.
    fn matrices<'a>(&self, experts: &'a [f32], expert: usize) -> (Matrix<'a>, Matrix<'a>) {
        let size = self.width * self.hidden;
        let mine = &experts[expert * 3 * size..(expert + 1) * 3 * size];
        let (up, down) = mine.split_at(2 * size);
        (Matrix::of_width(up, self.hidden), Matrix::of_width(down, self.hidden))
    }

    fn project(&self, gathered: &[f32], gate_up: Matrix<'_>, count: usize) -> Vec<f32> {
        let mut projected = vec![0.0; count * 2 * self.width];
        let x = Matrix::of_width(gathered, self.hidden);
        let sizes = [count, 2 * self.width, self.hidden];
        let out = (&mut projected[..], 2 * self.width);
        multiply(sizes, out, 0.0, (x, gate_up.transposed()), 1.0);
        projected
    }

    fn activate(&self, projected: &[f32], weights: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut activated = Vec::with_capacity(projected.len() / 2);
        for (row, weight) in projected.chunks_exact(2 * self.width).zip(weights) {
            let (gate, up) = row.split_at(self.width);
            activated.extend(gate.iter().zip(up).map(|(&g, u)| silu(g) * u * weight));
        }
        activated
    }

    fn scatter(&self, rows: &[usize], values: &[f32], onto: &mut [f32]) {
        for (&row, values) in rows.iter().zip(values.chunks_exact(self.hidden)) {
            let onto = &mut onto[row * self.hidden..(row + 1) * self.hidden];
            onto.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }

    fn visit(&self, inputs: &[&[f32]], expert: usize, result: &mut [f32]) -> Visit {
        let rows = self.rows(inputs[1], expert);
        let count = rows.len();
        let (gate_up, down) = self.matrices(inputs[2], expert);
        let projected = self.project(&self.gather(inputs[0], &rows), gate_up, count);
        let weights = rows.iter().map(|row| inputs[1][row * self.experts + expert]);
        let activated = self.activate(&projected, weights);
        let mut out = vec![0.0; count * self.hidden];
        let sizes = [count, self.hidden, self.width];
        let activated = Matrix::of_width(&activated, self.width);
        multiply(sizes, (&mut out, self.hidden), 0.0, (activated, down), 1.0);
        self.scatter(&rows, &out, result);
        Visit { rows, projected }
    }

    fn backward_visit(
        &self,
        inputs: &[&[f32]],
        gradient: &[f32],
        (expert, visit): (usize, &Visit),
        gradients: &mut [Vec<f32>],
    ) {
        let (count, size) = (visit.rows.len(), self.width * self.hidden);
        let (gate_up, down) = self.matrices(inputs[2], expert);
        let gathered = self.gather(inputs[0], &visit.rows);
        let of_out = self.gather(gradient, &visit.rows);
        let of_out = Matrix::of_width(&of_out, self.hidden);
        let mut of_activated = vec![0.0; count * self.width];
        let sizes = [count, self.width, self.hidden];
        multiply(sizes, (&mut of_activated, self.width), 0.0, (of_out, down.transposed()), 1.0);
        let weight = |at: usize| inputs[1][visit.rows[at] * self.experts + expert];
        let (weighted, of_projected, of_weight) =
            self.backward_activation(&visit.projected, &of_activated, weight);
        for (row, value) in visit.rows.iter().zip(of_weight) {
            gradients[1][row * self.experts + expert] = value;
        }
        let of_projected = Matrix::of_width(&of_projected, 2 * self.width);
        let mut of_x = vec![0.0; count * self.hidden];
        let sizes = [count, self.hidden, 2 * self.width];
        multiply(sizes, (&mut of_x, self.hidden), 0.0, (of_projected, gate_up), 1.0);
        self.scatter(&visit.rows, &of_x, &mut gradients[0]);
        let mine = &mut gradients[2][expert * 3 * size..(expert + 1) * 3 * size];
        let (of_up, of_down) = mine.split_at_mut(2 * size);
        let sizes = [2 * self.width, self.hidden, count];
        let x = Matrix::of_width(&gathered, self.hidden);
        multiply(sizes, (of_up, self.hidden), 0.0, (of_projected.transposed(), x), 1.0);
        let weighted = Matrix::of_width(&weighted, self.width).transposed();
        let sizes = [self.width, self.hidden, count];
        multiply(sizes, (of_down, self.hidden), 0.0, (weighted, of_out), 1.0);
    }

    /// Weighted activations, and the gradients of the projections and of the weights.
    fn backward_activation(
        &self,
        projected: &[f32],
        of_activated: &[f32],
        weight: impl Fn(usize) -> f32,
    ) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let mut weighted = Vec::with_capacity(of_activated.len());
        let mut of_projected = vec![0.0; projected.len()];
        let mut of_weight = Vec::new();
        let rows = projected.chunks_exact(2 * self.width);
        let rows = rows.zip(of_projected.chunks_exact_mut(2 * self.width));
        for (at, (row, of_row)) in rows.enumerate() {
            let (gate, up) = row.split_at(self.width);
            let (of_gate, of_up) = of_row.split_at_mut(self.width);
            let gradient = &of_activated[at * self.width..(at + 1) * self.width];
            let (weight, mut along) = (weight(at), 0.0);
            for unit in 0..self.width {
                let (value, slope) = silu_slope(gate[unit]);
                along += gradient[unit] * value * up[unit];
                weighted.push(weight * value * up[unit]);
                of_gate[unit] = weight * gradient[unit] * slope * up[unit];
                of_up[unit] = weight * gradient[unit] * value;
            }
            of_weight.push(along);
        }
        (weighted, of_projected, of_weight)
    }
}

impl Operation for Experts {
    const NAME: &'static str = "experts";

    fn shape(&self) -> Vec<usize> {
        vec![self.tokens, self.hidden]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let mut result = vec![0.0; self.tokens * self.hidden];
        let visits =
            (0..self.experts).map(|expert| self.visit(inputs, expert, &mut result)).collect();
        if let Ok(mut kept) = self.kept.lock() {
            *kept = visits;
        }
        result
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let mut gradients: Vec<Vec<f32>> =
            inputs.iter().map(|input| vec![0.0; input.len()]).collect();
        let kept = self.kept.lock().map(|mut kept| std::mem::take(&mut *kept));
        for (expert, visit) in kept.unwrap_or_default().iter().enumerate() {
            self.backward_visit(inputs, gradient, (expert, visit), &mut gradients);
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::operations::check;

    #[test]
    fn gradients_agree_with_differences() {
        let inputs = check::inputs(&[4 * 3, 4 * 2, 2 * 3 * 2 * 3], 6);
        check::gradients(|| Experts::new([4, 3, 2, 2]), inputs);
    }

    #[test]
    fn an_expert_without_weight_is_not_run() {
        let mut inputs = check::inputs(&[4 * 3, 4 * 2, 2 * 3 * 2 * 3], 7);
        inputs[1].chunks_exact_mut(2).for_each(|weights| weights[1] = 0.0);
        let slices: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let layer = Experts::new([4, 3, 2, 2]);
        layer.forward(&slices);
        let gradients = layer.backward(&slices, &[1.0; 12]);
        assert!(gradients[2][18..].iter().all(|&value| value == 0.0));
        assert!(gradients[2][..18].iter().any(|&value| value != 0.0));
    }
}
