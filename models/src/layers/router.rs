//! Routers: logits, scores, choice and weights of experts, as one value.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::Linear;
use crate::kernels::host::host;
use crate::kernels::vector;
use crate::{RouterDecision, ScoreFunction};

/// How a family chooses experts and weighs them.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Logits to scores.
    pub(crate) score_function: ScoreFunction,
    /// Experts chosen for a token.
    pub(crate) top_k: usize,
    /// Divide the chosen scores by their sum plus this; `None` leaves them.
    pub(crate) normalise: Option<f32>,
    /// Multiplies the weights at the end.
    pub(crate) scale: f32,
}

/// The router of one MoE layer.
pub(crate) struct Router {
    pub(crate) gate: Linear,
    pub(crate) rule: Rule,
}

impl Router {
    /// Decides for every row of `[rows, hidden]`.
    pub(crate) fn route(&self, x: &Tensor) -> Result<RouterDecision> {
        let logits = self.gate.forward(x)?;
        let (tokens, experts) = logits.dims2()?;
        let logits = host(&logits)?.to_vec();
        let mut scores = logits.clone();
        scores.par_chunks_mut(experts).with_min_len(64).for_each(|row| self.rule.score(row));
        let rows: Vec<Vec<(u32, f32)>> =
            scores.par_chunks(experts).with_min_len(64).map(|row| self.rule.choose(row)).collect();
        let (ids, weights) = rows.into_iter().flatten().unzip();
        let (top_k, score_function) = (self.rule.top_k, self.rule.score_function);
        Ok(RouterDecision {
            tokens,
            experts,
            top_k,
            logits,
            scores,
            choice: None,
            ids,
            weights,
            score_function,
        })
    }
}

impl Rule {
    fn score(&self, row: &mut [f32]) {
        match self.score_function {
            ScoreFunction::Softmax => vector::softmax(row),
            ScoreFunction::Sigmoid => vector::sigmoid(row),
        }
    }

    /// Ids and weights of one token's experts.
    fn choose(&self, scores: &[f32]) -> Vec<(u32, f32)> {
        let ids = top_k(scores, self.top_k);
        let chosen = ids.iter().map(|&id| scores[id as usize]);
        let divisor = self.normalise.map_or(1.0, |small| chosen.clone().sum::<f32>() + small);
        ids.iter().zip(chosen).map(|(&id, score)| (id, score / divisor * self.scale)).collect()
    }
}

/// Indices of the k largest, best first; of equals the lower index first, NaN last.
pub(crate) fn top_k(choice: &[f32], k: usize) -> Vec<u32> {
    let mut best: Vec<u32> = Vec::with_capacity(k + 1);
    let value = |&id: &u32| choice[id as usize];
    let above = |a: f32, b: f32| a > b || (b.is_nan() && !a.is_nan());
    for (id, &candidate) in choice.iter().enumerate() {
        if best.len() == k && !best.last().is_some_and(|last| above(candidate, value(last))) {
            continue;
        }
        let place = best.partition_point(|other| !above(candidate, value(other)));
        best.insert(place, id as u32);
        best.truncate(k);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_go_to_the_lower_index() {
        assert_eq!(top_k(&[0.1, 0.4, 0.4, 0.3, 0.4], 3), [1, 2, 4]);
        assert_eq!(top_k(&[0.5, 0.5], 1), [0]);
        assert_eq!(top_k(&[f32::NAN, 0.1, 0.2], 2), [2, 1]);
        assert_eq!(top_k(&[f32::NAN, f32::NAN], 1), [0]);
    }

    #[test]
    fn weights_follow_the_rule() {
        let rule = Rule {
            score_function: ScoreFunction::Softmax,
            top_k: 2,
            normalise: Some(0.0),
            scale: 2.0,
        };
        assert_eq!(
            rule.choose(&[0.1, 0.3, 0.6]),
            [(2, 0.6 / (0.6 + 0.3) * 2.0), (1, 0.3 / (0.6 + 0.3) * 2.0)]
        );
        let plain = Rule { normalise: None, scale: 1.0, ..rule };
        assert_eq!(plain.choose(&[0.1, 0.3, 0.6]), [(2, 0.6), (1, 0.3)]);
    }
}
