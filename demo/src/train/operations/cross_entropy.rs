//! The head and its loss in one operation, so that logits of all tokens never exist at once.

use std::sync::{Arc, Mutex};

use super::Operation;
use super::exponential::exponentials;
use super::product::{Matrix, multiply};

/// A target that does not count.
pub const NO_TARGET: u32 = u32::MAX;

/// Rows whose logits are held at a time.
const ROWS: usize = 256;

/// Mean of `-log softmax(h · wᵀ)[target]` over the tokens that have a target; in nats. Inputs: h
/// `[tokens, hidden]` and w `[vocabulary, hidden]`.
pub struct CrossEntropy {
    hidden: usize,
    vocabulary: usize,
    targets: Arc<Vec<u32>>,
    /// Gradients of both inputs, which the forward pass has at hand.
    kept: Mutex<Vec<Vec<f32>>>,
}

impl CrossEntropy {
    /// The loss against the next token of every row, or [`NO_TARGET`].
    pub fn new([hidden, vocabulary]: [usize; 2], targets: Arc<Vec<u32>>) -> Self {
        Self { hidden, vocabulary, targets, kept: Mutex::default() }
    }
}

/// Logits of some rows.
fn logits(h: &[f32], w: &[f32], hidden: usize) -> Vec<f32> {
    let (rows, vocabulary) = (h.len() / hidden, w.len() / hidden);
    let mut logits = vec![0.0; rows * vocabulary];
    let (h, w) = (Matrix::of_width(h, hidden), Matrix::of_width(w, hidden).transposed());
    multiply([rows, vocabulary, hidden], (&mut logits, vocabulary), 0.0, (h, w), 1.0);
    logits
}

/// Turns logits into probabilities; returns the logarithm of their sum of exponentials.
fn softmax(logits: &mut [f32]) -> f32 {
    let (largest, total) = exponentials(logits);
    let inverse = 1.0 / total;
    logits.iter_mut().for_each(|logit| *logit *= inverse);
    largest + total.ln()
}

impl Operation for CrossEntropy {
    const NAME: &'static str = "cross entropy";

    fn shape(&self) -> Vec<usize> {
        vec![]
    }

    fn forward(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let counted = self.targets.iter().filter(|&&target| target != NO_TARGET).count();
        let share = 1.0 / counted.max(1) as f32;
        let mut of_h = vec![0.0; inputs[0].len()];
        let mut of_w = vec![0.0; inputs[1].len()];
        let mut loss = 0.0_f64;
        let chunks = inputs[0].chunks(ROWS * self.hidden).zip(self.targets.chunks(ROWS));
        for ((h, targets), of_h) in chunks.zip(of_h.chunks_mut(ROWS * self.hidden)) {
            let mut values = logits(h, inputs[1], self.hidden);
            for (row, &target) in values.chunks_exact_mut(self.vocabulary).zip(targets) {
                loss += row_gradient(row, target, share);
            }
            let rows = targets.len();
            let of_logits = Matrix::of_width(&values, self.vocabulary);
            let w = Matrix::of_width(inputs[1], self.hidden);
            let sizes = [rows, self.hidden, self.vocabulary];
            multiply(sizes, (of_h, self.hidden), 0.0, (of_logits, w), 1.0);
            let h = Matrix::of_width(h, self.hidden);
            let sizes = [self.vocabulary, self.hidden, rows];
            multiply(sizes, (&mut of_w, self.hidden), 1.0, (of_logits.transposed(), h), 1.0);
        }
        if let Ok(mut kept) = self.kept.lock() {
            *kept = vec![of_h, of_w];
        }
        vec![(loss * f64::from(share)) as f32]
    }

    fn backward(&self, _inputs: &[&[f32]], gradient: &[f32]) -> Vec<Vec<f32>> {
        let kept = self.kept.lock().map(|mut kept| std::mem::take(&mut *kept));
        let mut gradients = kept.unwrap_or_default();
        let scale = gradient.first().copied().unwrap_or(0.0);
        gradients.iter_mut().flatten().for_each(|value| *value *= scale);
        gradients
    }
}

/// Turns the logits of a row into their gradient; returns the row's loss.
fn row_gradient(row: &mut [f32], target: u32, share: f32) -> f64 {
    if target == NO_TARGET {
        row.fill(0.0);
        return 0.0;
    }
    let logit = row[target as usize];
    let loss = softmax(row) - logit;
    row[target as usize] -= 1.0;
    row.iter_mut().for_each(|value| *value *= share);
    f64::from(loss)
}

/// What a model says of one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Natural logarithm of the target's probability.
    pub log_probability: f32,
    /// Whether the target is the most probable token.
    pub is_greedy: bool,
}

/// Predictions of the targets of all rows; `None` where there is none.
pub fn predict(h: &[f32], w: &[f32], hidden: usize, targets: &[u32]) -> Vec<Option<Prediction>> {
    let vocabulary = w.len() / hidden;
    let mut predictions = Vec::with_capacity(targets.len());
    for (h, targets) in h.chunks(ROWS * hidden).zip(targets.chunks(ROWS)) {
        let mut values = logits(h, w, hidden);
        for (row, &target) in values.chunks_exact_mut(vocabulary).zip(targets) {
            predictions.push((target != NO_TARGET).then(|| prediction(row, target as usize)));
        }
    }
    predictions
}

fn prediction(row: &mut [f32], target: usize) -> Prediction {
    let logit = row[target];
    let is_greedy = row.iter().all(|&other| other <= logit);
    Prediction { log_probability: logit - softmax(row), is_greedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::operations::check;

    #[test]
    fn gradients_agree_with_differences() {
        let targets = Arc::new(vec![1, NO_TARGET, 4, 0]);
        let make = || CrossEntropy::new([3, 5], Arc::clone(&targets));
        check::gradients(make, check::inputs(&[12, 15], 8));
    }

    #[test]
    fn predictions_are_the_loss() {
        let inputs = check::inputs(&[12, 15], 9);
        let targets = vec![1, 2, 4, 0];
        let loss = CrossEntropy::new([3, 5], Arc::new(targets.clone()));
        let loss = loss.forward(&[&inputs[0], &inputs[1]])[0];
        let told = predict(&inputs[0], &inputs[1], 3, &targets);
        let mean = told.iter().flatten().map(|p| p.log_probability).sum::<f32>() / 4.0;
        assert!((loss + mean).abs() < 1e-5);
    }
}
