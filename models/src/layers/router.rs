//! Routers: logits, scores, choice and weights of experts, as one value.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::Linear;
use crate::kernels::host::host;
use crate::kernels::{norm, vector};
use crate::{RouterDecision, ScoreFunction};

/// How a family chooses experts and weighs them.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Logits to scores.
    pub(crate) score_function: ScoreFunction,
    /// Experts chosen for a token.
    pub(crate) top_k: usize,
    /// Choose inside the best groups of experts only.
    pub(crate) groups: Option<Groups>,
    /// Divide the chosen scores by their sum plus this; `None` leaves them.
    pub(crate) normalise: Option<f32>,
    /// Multiplies the weights at the end.
    pub(crate) scale: f32,
}

/// Limits the choice to a few groups of consecutive experts (DeepSeek-V3, arXiv:2412.19437).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Groups {
    /// Groups that the experts form.
    pub(crate) count: usize,
    /// Groups whose experts may be chosen: those with the largest sums of their two best.
    pub(crate) kept: usize,
}

/// The router of one MoE layer.
pub(crate) struct Router {
    pub(crate) gate: Linear,
    /// Added to scores for the choice only, not for the weights.
    pub(crate) correction: Option<Tensor>,
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
        let choice = self.choice(&scores, experts)?;
        let rule = |(scores, choice)| self.rule.choose(scores, choice);
        let by = choice.as_ref().unwrap_or(&scores).par_chunks(experts);
        let rows: Vec<Vec<(u32, f32)>> =
            scores.par_chunks(experts).zip(by).with_min_len(64).map(rule).collect();
        let (ids, weights) = rows.into_iter().flatten().unzip();
        let (top_k, score_function) = (self.rule.top_k, self.rule.score_function);
        Ok(RouterDecision {
            tokens,
            experts,
            top_k,
            logits,
            scores,
            choice,
            ids,
            weights,
            score_function,
        })
    }

    /// What experts are chosen by, where that is not their scores.
    fn choice(&self, scores: &[f32], experts: usize) -> Result<Option<Vec<f32>>> {
        if self.correction.is_none() && self.rule.groups.is_none() {
            return Ok(None);
        }
        let mut choice = scores.to_vec();
        if let Some(correction) = &self.correction {
            norm::add_bias(&mut choice, &host(correction)?);
        }
        if let Some(groups) = self.rule.groups {
            choice.par_chunks_mut(experts).with_min_len(64).for_each(|row| groups.mask(row));
        }
        Ok(Some(choice))
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
    fn choose(&self, scores: &[f32], choice: &[f32]) -> Vec<(u32, f32)> {
        let ids = top_k(choice, self.top_k);
        let chosen = ids.iter().map(|&id| scores[id as usize]);
        let divisor = self.normalise.map_or(1.0, |small| chosen.clone().sum::<f32>() + small);
        ids.iter().zip(chosen).map(|(&id, score)| (id, score / divisor * self.scale)).collect()
    }
}

impl Groups {
    /// Puts the experts of all but the best groups out of the question.
    fn mask(self, choice: &mut [f32]) {
        let width = choice.len() / self.count;
        let two_best = |group: &[f32]| top_k(group, 2).iter().map(|&i| group[i as usize]).sum();
        let strength: Vec<f32> = choice.chunks(width).map(two_best).collect();
        let kept = top_k(&strength, self.kept);
        for (index, group) in choice.chunks_mut(width).enumerate() {
            if !kept.contains(&(index as u32)) {
                group.fill(f32::NEG_INFINITY);
            }
        }
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
    fn weights_follow_the_rule_and_ignore_the_correction() {
        let (score_function, groups) = (ScoreFunction::Softmax, None);
        let rule = Rule { score_function, top_k: 2, groups, normalise: Some(0.0), scale: 2.0 };
        let (scores, corrected) = ([0.1, 0.3, 0.6], [0.9, 0.3, 0.6]);
        let sum = 0.6 + 0.3;
        assert_eq!(rule.choose(&scores, &scores), [(2, 0.6 / sum * 2.0), (1, 0.3 / sum * 2.0)]);
        let plain = Rule { normalise: None, scale: 1.0, ..rule };
        assert_eq!(plain.choose(&scores, &corrected), [(0, 0.1), (2, 0.6)]);
    }

    #[test]
    fn only_the_groups_with_the_best_pairs_stay() {
        let mut choice = [0.9, 0.0, 0.5, 0.5, 0.1, 0.2];
        Groups { count: 3, kept: 1 }.mask(&mut choice);
        assert_eq!(top_k(&choice, 2), [2, 3]);
        assert_eq!(choice[0], f32::NEG_INFINITY);
    }
}
