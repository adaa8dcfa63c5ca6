//! Routed experts, stacked by layer.

use candle_core::{Result, Tensor};

use crate::RouterDecision;
use crate::kernels::experts::{Activation, Chosen, Stack, mix};
use crate::kernels::host::{host, tensor};

/// All experts of one layer.
pub(crate) struct Experts {
    /// `[experts, outer, hidden]`: gate above up where there is a gate.
    pub(crate) up: Tensor,
    /// `[experts, hidden, inner]`.
    pub(crate) down: Tensor,
    pub(crate) activation: Activation,
}

impl Experts {
    /// The weighted sum of each token's chosen experts.
    pub(crate) fn forward(&self, x: &Tensor, decision: &RouterDecision) -> Result<Tensor> {
        let (experts, hidden, inner) = self.down.dims3()?;
        let (up, down) = (host(&self.up)?, host(&self.down)?);
        let RouterDecision { ids, weights, top_k, .. } = decision;
        let chosen = Chosen { ids, weights, top_k: *top_k };
        let activation = self.activation;
        let stack = Stack { up: &up, down: &down, experts, hidden, inner, activation };
        tensor(mix(&host(x)?, chosen, stack), x.dim(0)?, hidden)
    }
}
