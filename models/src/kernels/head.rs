//! The vocabulary projection on wanted rows only, fused with log-softmax and gather.
//!
//! Logits exist for a few rows times a block of the vocabulary at a time; what is kept of a block is
//! each row's maximum, its sum of exponentials and the logits of its targets.

use std::ops::Range;

use rayon::prelude::*;

use super::matrix::{columns, padded, product_of_rows, rows_of};
use super::packed::Packed;
use super::tile::{Rows, WIDTH};
use super::vector;
use crate::RowOutput;

/// Rows projected at once.
const ROWS: usize = 128;
/// Panels of the vocabulary that one task takes.
const PANELS: usize = 32;

/// A row's prediction, and whether its log-softmax is a number.
pub(crate) type Prediction = (RowOutput, bool);

/// The projection to the vocabulary.
#[derive(Clone, Copy)]
pub(crate) struct Projection<'a> {
    /// `[vocab, hidden]`.
    pub(crate) weight: &'a Packed,
    /// `[vocab]`.
    pub(crate) bias: Option<&'a [f32]>,
}

/// Predicts the next token after each row of `x` (`[rows, hidden]`); `targets` has one list a row.
pub(crate) fn predict(
    x: &[f32],
    projection: Projection<'_>,
    targets: &[&[u32]],
) -> Vec<Prediction> {
    let rows = x.chunks(ROWS * projection.weight.inputs()).zip(targets.chunks(ROWS));
    rows.flat_map(|(x, targets)| predict_rows(x, projection, targets)).collect()
}

fn predict_rows(x: &[f32], projection: Projection<'_>, targets: &[&[u32]]) -> Vec<Prediction> {
    let weight = projection.weight;
    let x = padded(x, weight.inputs());
    let x = rows_of(&x, targets.len(), weight.inputs());
    let starts: Vec<usize> = (0..weight.panels()).step_by(PANELS).collect();
    let range = |start: usize| start..weight.panels().min(start + PANELS);
    let parts: Vec<Vec<Part>> =
        starts.par_iter().map(|&start| block(x, projection, range(start), targets)).collect();
    (0..targets.len()).map(|row| join(parts.iter().map(|p| &p[row]), targets[row])).collect()
}

/// What a block of the vocabulary says about one row.
struct Part {
    max: f32,
    argmax: u32,
    sum: f64,
    /// Target's place in its list, and its logit.
    found: Vec<(usize, f32)>,
}

fn block(
    x: Rows<'_>,
    projection: Projection<'_>,
    panels: Range<usize>,
    targets: &[&[u32]],
) -> Vec<Part> {
    let (first, width) = (panels.start * WIDTH, columns(projection.weight, &panels));
    let mut logits = vec![0.0; targets.len() * width];
    product_of_rows(x, projection.weight, panels, &mut logits);
    if let Some(bias) = projection.bias {
        let bias = &bias[first..first + width];
        logits.chunks_mut(width).for_each(|row| vector::add_scaled(row, bias, 1.0));
    }
    logits.chunks_mut(width).zip(targets).map(|(row, targets)| part(row, first, targets)).collect()
}

fn part(logits: &mut [f32], first: usize, targets: &[u32]) -> Part {
    let inside = |&token: &u32| logits.get((token as usize).wrapping_sub(first)).copied();
    let found = targets.iter().enumerate().filter_map(|(i, t)| Some((i, inside(t)?))).collect();
    let max = vector::max(logits);
    let argmax = logits.iter().position(|&l| l == max).unwrap_or(0);
    let sum = f64::from(vector::exp_sum(logits, max));
    Part { max, argmax: (first + argmax) as u32, sum, found }
}

/// Joins the blocks of one row; of equal maxima the first block, so the lowest id, wins.
fn join<'a>(parts: impl Iterator<Item = &'a Part> + Clone, targets: &[u32]) -> Prediction {
    let best = |a: &'a Part, b: &'a Part| if b.max > a.max { b } else { a };
    let (max, argmax) = parts.clone().reduce(best).map_or((0.0, 0), |p| (p.max, p.argmax));
    let sum: f64 = parts.clone().map(|p| p.sum * f64::from(p.max - max).exp()).sum();
    let log_sum = f64::from(max) + sum.ln();
    let mut log_probs = vec![f64::NEG_INFINITY; targets.len()];
    for &(i, logit) in parts.flat_map(|p| &p.found) {
        log_probs[i] = f64::from(logit) - log_sum;
    }
    (RowOutput { argmax, log_probs }, log_sum.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: usize = PANELS * WIDTH;

    fn naive(x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f64> {
        let dot = |w: &[f32]| w.iter().zip(x).map(|(w, x)| f64::from(w * x)).sum::<f64>();
        let logit = |(w, &b): (&[f32], &f32)| dot(w) + f64::from(b);
        let logits: Vec<f64> = weight.chunks(x.len()).zip(bias).map(logit).collect();
        let sum = logits.iter().map(|l| l.exp()).sum::<f64>().ln();
        logits.iter().map(|l| l - sum).collect()
    }

    #[test]
    fn blocks_join_to_the_whole_log_softmax() {
        let weight: Vec<f32> = (0..2 * (BLOCK + 77) * 3).map(|i| (i as f32 * 0.7).sin()).collect();
        let x: Vec<f32> = (0..3 * (ROWS + 2)).map(|i| (i as f32 * 0.3).cos()).collect();
        let targets: Vec<[u32; 3]> =
            (0..ROWS as u32 + 2).map(|r| [r, 1023, 2 * 1024 + 150]).collect();
        let lists: Vec<&[u32]> = targets.iter().map(|t| &t[..]).collect();
        let bias: Vec<f32> = (0..weight.len() / 3).map(|i| (i as f32 * 0.9).sin()).collect();
        let packed = Packed::from_rows(&weight, 3);
        let rows = predict(&x, Projection { weight: &packed, bias: Some(&bias) }, &lists);
        for ((x, targets), (row, finite)) in x.chunks(3).zip(&targets).zip(&rows) {
            let expected = naive(x, &weight, &bias);
            let best = expected[row.argmax as usize];
            assert!(*finite && expected.iter().all(|&p| p <= best + 1e-6));
            for (&t, p) in targets.iter().zip(&row.log_probs) {
                assert!((expected[t as usize] - p).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn equal_logits_go_to_the_lowest_id_and_nan_is_told() {
        let packed = Packed::from_rows(&vec![1.0; 2 * BLOCK], 1);
        let projection = Projection { weight: &packed, bias: None };
        let rows = predict(&[1.0], projection, &[&[]]);
        assert_eq!(rows[0].0.argmax, 0);
        let rows = predict(&[f32::NAN, 1.0], projection, &[&[], &[]]);
        assert!(!rows[0].1 && rows[1].1);
    }
}
