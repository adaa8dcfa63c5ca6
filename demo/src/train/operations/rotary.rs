//! Norm of every head, then rotary positions (Su et al. 2021), as Qwen3 applies them to queries
//! and keys: halves of a head are rotated against each other ("NeoX" order).

use std::sync::Arc;

use super::Operation;
use super::norm::{backward_row, inverse_root};
use crate::checkpoint::ROPE_THETA;

/// Cosines and sines of positions: `[positions, head / 2]` each.
#[derive(Debug)]
pub struct Angles {
    half: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Angles {
    /// Angles of `0..positions` for heads of a width.
    pub fn new(head: usize, positions: usize) -> Self {
        let half = head / 2;
        let angle = |at: usize| {
            let (position, pair) = (at / half, at % half);
            position as f64 * ROPE_THETA.powf(-2.0 * pair as f64 / head as f64)
        };
        let all = 0..positions * half;
        Self {
            half,
            cosines: all.clone().map(|at| angle(at).cos() as f32).collect(),
            sines: all.map(|at| angle(at).sin() as f32).collect(),
        }
    }

    /// Turns a head forward (`direction` 1) or back (-1).
    fn turn(&self, position: usize, direction: f32, head: &mut [f32]) {
        let (first, second) = head.split_at_mut(self.half);
        let from = position * self.half;
        for pair in 0..self.half {
            let (cosine, sine) = (self.cosines[from + pair], direction * self.sines[from + pair]);
            let (x, y) = (first[pair], second[pair]);
            first[pair] = x * cosine - y * sine;
            second[pair] = y * cosine + x * sine;
        }
    }
}

/// x `[tokens, heads * head]` and the norm's weight `[head]`.
pub struct HeadRotary {
    /// Heads.
    pub heads: usize,
    /// Width of a head.
    pub head: usize,
    /// The position of every token in its document.
    pub positions: Arc<Vec<usize>>,
    /// Angles of at least all these positions.
    pub angles: Arc<Angles>,
}

impl Operation for HeadRotary {
    const NAME: &'static str = "head norm and rotary positions";

    fn shape(&self) -> Vec<usize> {
        vec![self.positions.len(), self.heads * self.head]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let mut result = Vec::with_capacity(inputs[0].len());
        for row in inputs[0].chunks_exact(self.head) {
            let inverse = inverse_root(row);
            result.extend(row.iter().zip(inputs[1]).map(|(x, w)| x * inverse * w));
        }
        for (at, head) in result.chunks_exact_mut(self.head).enumerate() {
            self.angles.turn(self.positions[at / self.heads], 1.0, head);
        }
        result
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let (mut of_x, mut of_w) = (vec![0.0; inputs[0].len()], vec![0.0; self.head]);
        let mut turned = vec![0.0; self.head];
        for (at, row) in inputs[0].chunks_exact(self.head).enumerate() {
            let range = at * self.head..(at + 1) * self.head;
            turned.copy_from_slice(&gradient[range.clone()]);
            self.angles.turn(self.positions[at / self.heads], -1.0, &mut turned);
            backward_row((row, inputs[1]), &turned, (&mut of_x[range], &mut of_w));
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
        let angles = Arc::new(Angles::new(4, 8));
        let positions = Arc::new(vec![0, 1, 7]);
        let make = || HeadRotary {
            heads: 2,
            head: 4,
            positions: Arc::clone(&positions),
            angles: Arc::clone(&angles),
        };
        check::gradients(make, check::inputs(&[24, 4], 3));
    }
}
