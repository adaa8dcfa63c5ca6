//! Decisions of routers: made on the device where it has kernels, else in host memory.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::host::{has_kernels, to_host};
use crate::RouterDecision;
use crate::cuda::{self, Routed};
use crate::kernels::norm;
use crate::layers::Rule;

/// The decision of one MoE layer, wherever it was made.
pub(crate) enum Decision {
    Host(RouterDecision),
    Device(DeviceDecision),
}

/// A decision that is on a device.
pub(crate) struct DeviceDecision {
    pub(crate) routed: Routed,
    logits: Tensor,
    correction: Option<Tensor>,
    rule: Rule,
}

/// Decides for every row of `logits` (`[rows, experts]`, not narrower than f32), which `x` gave.
/// `correction` (`[experts]`) is added to scores for the choice only.
pub(crate) fn route(
    x: &Tensor,
    logits: Tensor,
    correction: Option<&Tensor>,
    rule: &Rule,
) -> Result<Decision> {
    if has_kernels(x) && cuda::can_route(rule, logits.dim(1)?) {
        let routed = cuda::route(&logits, correction, rule)?;
        let (correction, rule) = (correction.cloned(), rule.clone());
        return Ok(Decision::Device(DeviceDecision { routed, logits, correction, rule }));
    }
    let experts = logits.dim(1)?;
    let logits = to_host(&logits)?;
    let mut scores = logits.clone();
    scores.par_chunks_mut(experts).with_min_len(64).for_each(|row| rule.score(row));
    let choice = choice(&scores, experts, correction, rule)?;
    let by = choice.as_ref().unwrap_or(&scores).par_chunks(experts);
    let rows = logits.par_chunks(experts).zip(scores.par_chunks(experts)).zip(by);
    let choose = |((logits, scores), by)| rule.choose(logits, scores, by);
    let rows: Vec<Vec<(u32, f32)>> = rows.with_min_len(64).map(choose).collect();
    let (ids, weights) = rows.into_iter().flatten().unzip();
    Ok(Decision::Host(RouterDecision {
        tokens: logits.len() / experts,
        experts,
        top_k: rule.top_k,
        logits,
        scores,
        choice,
        ids,
        weights,
        score_function: rule.score_function,
    }))
}

/// What experts are chosen by, where that is not their scores.
fn choice(
    scores: &[f32],
    experts: usize,
    correction: Option<&Tensor>,
    rule: &Rule,
) -> Result<Option<Vec<f32>>> {
    if correction.is_none() && rule.groups.is_none() {
        return Ok(None);
    }
    let mut choice = scores.to_vec();
    if let Some(correction) = correction {
        norm::add_bias(&mut choice, &to_host(correction)?);
    }
    if let Some(groups) = rule.groups {
        choice.par_chunks_mut(experts).with_min_len(64).for_each(|row| groups.mask(row));
    }
    Ok(Some(choice))
}

impl DeviceDecision {
    /// Waits for the device and copies all of the decision.
    pub(crate) fn to_host(&self) -> Result<RouterDecision> {
        let Routed { ids, weights, scores, .. } = &self.routed;
        let (tokens, experts) = scores.dims2()?;
        let scores = to_host(scores)?;
        Ok(RouterDecision {
            tokens,
            experts,
            top_k: self.rule.top_k,
            logits: to_host(&self.logits)?,
            choice: choice(&scores, experts, self.correction.as_ref(), &self.rule)?,
            scores,
            ids: ids.flatten_all()?.to_vec1()?,
            weights: to_host(weights)?,
            score_function: self.rule.score_function,
        })
    }
}
