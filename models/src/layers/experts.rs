//! Routed experts, by layer.

use candle_core::{Result, Tensor};

use crate::RouterDecision;
use crate::kernels::experts::{Activation, Chosen, Stack, mix};
use crate::kernels::host::{host, tensor};
use crate::kernels::packed::Packed;

/// All experts of one layer.
pub(crate) struct Experts {
    /// Of each expert `[outer, hidden]`: gate above up where there is a gate.
    pub(crate) up: Vec<Packed>,
    /// Of each expert `[hidden, inner]`.
    pub(crate) down: Vec<Packed>,
    pub(crate) activation: Activation,
}

impl Experts {
    /// The weighted sum of each token's chosen experts.
    pub(crate) fn forward(&self, x: &Tensor, decision: &RouterDecision) -> Result<Tensor> {
        let (tokens, hidden) = x.dims2()?;
        let RouterDecision { ids, weights, top_k, .. } = decision;
        let chosen = Chosen { ids, weights, top_k: *top_k };
        let stack = Stack { up: &self.up, down: &self.down, hidden, activation: self.activation };
        tensor(mix(&host(x)?, chosen, stack), tokens, hidden)
    }
}
