//! Routers: logits, scores, choice and weights of experts, as one value.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Linear, Rule};
use crate::RouterDecision;
use crate::kernels::norm;
use crate::ops::to_host;

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
        let logits = self.gate.forward_exactly(x)?;
        let (tokens, experts) = logits.dims2()?;
        let logits = to_host(&logits)?;
        let mut scores = logits.clone();
        scores.par_chunks_mut(experts).with_min_len(64).for_each(|row| self.rule.score(row));
        let choice = self.choice(&scores, experts)?;
        let by = choice.as_ref().unwrap_or(&scores).par_chunks(experts);
        let rows = logits.par_chunks(experts).zip(scores.par_chunks(experts)).zip(by);
        let rule = |((logits, scores), by)| self.rule.choose(logits, scores, by);
        let rows: Vec<Vec<(u32, f32)>> = rows.with_min_len(64).map(rule).collect();
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
            norm::add_bias(&mut choice, &to_host(correction)?);
        }
        if let Some(groups) = self.rule.groups {
            choice.par_chunks_mut(experts).with_min_len(64).for_each(|row| groups.mask(row));
        }
        Ok(Some(choice))
    }
}
