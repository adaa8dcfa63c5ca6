//! Causal attention with grouped queries, inside documents.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::Operation;
use super::exponential::exponentials;
use super::product::{Matrix, multiply};

/// q `[tokens, heads * head]`, k and v `[tokens, key_value_heads * head]`.
pub struct Attention {
    heads: usize,
    key_value_heads: usize,
    head: usize,
    documents: Arc<Vec<Range<usize>>>,
    /// Softmax of every document and head, kept for the backward pass.
    probabilities: Mutex<Vec<Vec<f32>>>,
}

impl Attention {
    /// Attention among the tokens of each document, given as ranges that cover all tokens.
    pub fn new(
        [heads, key_value_heads, head]: [usize; 3],
        documents: Arc<Vec<Range<usize>>>,
    ) -> Self {
        Self { heads, key_value_heads, head, documents, probabilities: Mutex::default() }
    }

    fn query_width(&self) -> usize {
        self.heads * self.head
    }

    fn key_width(&self) -> usize {
        self.key_value_heads * self.head
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    /// Where the rows of a document's query head and key head begin.
    fn offsets(&self, document: &Range<usize>, head: usize) -> (usize, usize) {
        let group = self.heads / self.key_value_heads;
        let query = document.start * self.query_width() + head * self.head;
        let key = document.start * self.key_width() + head / group * self.head;
        (query, key)
    }

    fn softmax(&self, q: &[f32], k: &[f32], document: &Range<usize>, head: usize) -> Vec<f32> {
        let length = document.len();
        let (query, key) = self.offsets(document, head);
        let q = Matrix::of_width(&q[query..], self.query_width());
        let k = Matrix::of_width(&k[key..], self.key_width()).transposed();
        let mut scores = vec![0.0; length * length];
        let sizes = [length, length, self.head];
        multiply(sizes, (&mut scores, length), 0.0, (q, k), self.scale());
        for (row, scores) in scores.chunks_exact_mut(length).enumerate() {
            causal_softmax(scores, row);
        }
        scores
    }
}

/// Softmax over the first `row + 1` scores; 0 for the rest.
fn causal_softmax(scores: &mut [f32], row: usize) {
    let (seen, unseen) = scores.split_at_mut(row + 1);
    let (_, total) = exponentials(seen);
    let inverse = 1.0 / total;
    seen.iter_mut().for_each(|score| *score *= inverse);
    unseen.fill(0.0);
}

/// Turns the gradient of probabilities into that of scores, in place.
fn softmax_backward(probabilities: &[f32], gradient: &mut [f32], length: usize) {
    let rows = probabilities.chunks_exact(length).zip(gradient.chunks_exact_mut(length));
    for (row, (probabilities, gradient)) in rows.enumerate() {
        let seen = row + 1;
        let along: f32 =
            probabilities[..seen].iter().zip(&gradient[..seen]).map(|(p, g)| p * g).sum();
        for (p, g) in probabilities.iter().zip(gradient) {
            *g = p * (*g - along);
        }
    }
}

impl Operation for Attention {
    const NAME: &'static str = "attention";

    fn shape(&self) -> Vec<usize> {
        vec![self.documents.last().map_or(0, |last| last.end), self.query_width()]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let mut result = vec![0.0; inputs[0].len()];
        let mut kept = Vec::new();
        for document in self.documents.iter() {
            for head in 0..self.heads {
                let probabilities = self.softmax(inputs[0], inputs[1], document, head);
                let (query, key) = self.offsets(document, head);
                let length = document.len();
                let p = Matrix::of_width(&probabilities, length);
                let v = Matrix::of_width(&inputs[2][key..], self.key_width());
                let out = (&mut result[query..], self.query_width());
                multiply([length, self.head, length], out, 0.0, (p, v), 1.0);
                kept.push(probabilities);
            }
        }
        if let Ok(mut probabilities) = self.probabilities.lock() {
            *probabilities = kept;
        }
        result
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let mut gradients: Vec<Vec<f32>> =
            inputs.iter().map(|input| vec![0.0; input.len()]).collect();
        let kept = self.probabilities.lock().map(|mut kept| std::mem::take(&mut *kept));
        let kept = kept.unwrap_or_default();
        for (at, probabilities) in kept.iter().enumerate() {
            let (document, head) = (&self.documents[at / self.heads], at % self.heads);
            self.backward_head(inputs, gradient, (document, head, probabilities), &mut gradients);
        }
        gradients
    }
}

impl Attention {
    fn backward_head(
        &self,
        inputs: &[&[f32]],
        gradient: &[f32],
        (document, head, probabilities): (&Range<usize>, usize, &[f32]),
        gradients: &mut [Vec<f32>],
    ) {
        let (length, width) = (document.len(), self.head);
        let (wide, narrow) = (self.query_width(), self.key_width());
        let (query, key) = self.offsets(document, head);
        let of_out = Matrix::of_width(&gradient[query..], wide);
        let p = Matrix::of_width(probabilities, length);
        let of_v = (&mut gradients[2][key..], narrow);
        multiply([length, width, length], of_v, 1.0, (p.transposed(), of_out), 1.0);
        let mut of_scores = vec![0.0; length * length];
        let v = Matrix::of_width(&inputs[2][key..], narrow).transposed();
        multiply([length, length, width], (&mut of_scores, length), 0.0, (of_out, v), 1.0);
        softmax_backward(probabilities, &mut of_scores, length);
        let of_scores = Matrix::of_width(&of_scores, length);
        let k = Matrix::of_width(&inputs[1][key..], narrow);
        let of_q = (&mut gradients[0][query..], wide);
        multiply([length, width, length], of_q, 0.0, (of_scores, k), self.scale());
        let q = Matrix::of_width(&inputs[0][query..], wide);
        let of_k = (&mut gradients[1][key..], narrow);
        multiply([length, width, length], of_k, 1.0, (of_scores.transposed(), q), self.scale());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::operations::check;

    fn make() -> Attention {
        Attention::new([4, 2, 3], Arc::new(vec![0..3, 3..5]))
    }

    #[test]
    fn gradients_agree_with_differences() {
        check::gradients(make, check::inputs(&[60, 30, 30], 4));
    }

    #[test]
    fn documents_do_not_see_each_other_nor_the_future() {
        let inputs = check::inputs(&[60, 30, 30], 5);
        let mut changed = inputs.clone();
        changed[2][2 * 6..].fill(7.0);
        let run = |inputs: &[Vec<f32>]| {
            make().forward(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        let (before, after) = (run(&inputs), run(&changed));
        assert_eq!(before[..24], after[..24]);
        assert_ne!(before[24..], after[24..]);
    }
}
