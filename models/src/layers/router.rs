//! Routers: logits, scores, choice and weights of experts, as one value.

use candle_core::{Result, Tensor};

use super::{Linear, Rule};
use crate::ops::{self, Decision};

/// The router of one MoE layer.
pub(crate) struct Router {
    pub(crate) gate: Linear,
    /// Added to scores for the choice only, not for the weights.
    pub(crate) correction: Option<Tensor>,
    pub(crate) rule: Rule,
}

impl Router {
    /// Decides for every row of `[rows, hidden]`.
    pub(crate) fn route(&self, x: &Tensor) -> Result<Decision> {
        let logits = self.gate.forward_exactly(x)?;
        ops::route(x, logits, self.correction.as_ref(), &self.rule)
    }
}
