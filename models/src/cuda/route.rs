//! Routers: scores, choice and weights of experts, and the choices sorted by expert.

use candle_core::{DType, Error, Result, Tensor};

use super::sort::{Sorted, sort};
use super::{Buffer, Launch, Module, module};
use crate::ScoreFunction;
use crate::layers::{Divisor, Rule, Weighing};

pub(super) const ROUTE: Module = module!("route");
/// Tokens that one block decides for, a warp each.
const TOKENS: usize = 4;
/// Experts and choices that a warp can hold.
const MOST: (usize, usize) = (1024, 32);

/// The decision of one MoE layer for every token, on the device.
pub(crate) struct Routed {
    /// Chosen experts, u32 `[tokens, top_k]`, best first; of equals the lower index first.
    pub(crate) ids: Tensor,
    /// Weights of the experts' outputs, f32 beside `ids`.
    pub(crate) weights: Tensor,
    /// Scores over all experts, f32 `[tokens, experts]`; without correction bias.
    pub(crate) scores: Tensor,
    /// Of every token, u8: bit 0 if a logit is not finite, bit 1 if the choice is a near tie.
    pub(crate) flags: Tensor,
    /// The choices in the order of their experts.
    pub(crate) sorted: Sorted,
}

/// Whether [`route`] can follow a rule among so many experts.
pub(crate) fn can_route(rule: &Rule, experts: usize) -> bool {
    let fits = experts <= MOST.0 && rule.top_k <= MOST.1 && rule.top_k <= experts;
    fits && matches!(rule.weighing, Weighing::Scores { .. })
}

/// Decides for every row of `logits` (f32 `[tokens, experts]`); `correction` (f32 `[experts]`) is
/// added to scores for the choice only.
///
/// # Errors
/// If the rule is SparseMixer's, or experts or choices are more than a warp can hold (1,024 and 32).
pub(crate) fn route(logits: &Tensor, correction: Option<&Tensor>, rule: &Rule) -> Result<Routed> {
    let (tokens, experts) = logits.dims2()?;
    let (top_k, device) = (rule.top_k, logits.device());
    if experts > MOST.0 || top_k > MOST.1 || top_k > experts {
        return Err(Error::msg(format!("no kernel routes to {top_k} of {experts} experts")));
    }
    let Weighing::Scores { divisor, scale } = rule.weighing else {
        return Err(Error::msg("no kernel weighs experts by SparseMixer"));
    };
    let (divide, plus, at_least) = match divisor {
        Divisor::One => (0, 0.0, 0.0),
        Divisor::Sum { plus, at_least } => (1, plus, at_least),
    };
    let groups = rule.groups.map_or((0, 0, 0), |g| (g.count, g.kept, g.best));
    let mut ids = Buffer::new(device, DType::U32, tokens * top_k)?;
    let mut weights = Buffer::new(device, DType::F32, tokens * top_k)?;
    let mut scores = Buffer::new(device, DType::F32, tokens * experts)?;
    let mut flags = Buffer::new(device, DType::U8, tokens)?;
    if tokens > 0 {
        Launch::new(ROUTE, "route", tokens.div_ceil(TOKENS), 32 * TOKENS)
            .shared(TOKENS * (2 * experts + groups.0) * 4)
            .tensor(logits)
            .optional(correction)
            .buffer(&mut ids)
            .buffer(&mut weights)
            .buffer(&mut scores)
            .buffer(&mut flags)
            .count(tokens)
            .count(experts)
            .count(top_k)
            .count(usize::from(rule.score_function == ScoreFunction::Sigmoid))
            .count(groups.0)
            .count(groups.1)
            .count(groups.2)
            .count(divide)
            .float(plus)
            .float(at_least)
            .float(scale)
            .run(device)?;
    }
    let ids = ids.into_tensor((tokens, top_k))?;
    let sorted = sort(&ids, experts)?;
    let weights = weights.into_tensor((tokens, top_k))?;
    let scores = scores.into_tensor((tokens, experts))?;
    Ok(Routed { ids, weights, scores, flags: flags.into_tensor(tokens)?, sorted })
}

#[cfg(test)]
#[path = "tests/route.rs"]
mod tests;
