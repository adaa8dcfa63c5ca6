//! Routed experts, by layer.

use candle_core::{Result, Tensor};

use crate::kernels::activation::Activation;
use crate::ops::{self, Decision, ExpertBiases, Stack};

/// All experts of one layer.
pub(crate) struct Experts {
    /// Of each expert `[outer, hidden]`: gate above up where there is a gate.
    pub(crate) up: Stack,
    /// Of each expert `[hidden, inner]`.
    pub(crate) down: Stack,
    pub(crate) biases: Option<ExpertBiases>,
    pub(crate) activation: Activation,
}

impl Experts {
    /// The weighted sum of each token's chosen experts.
    pub(crate) fn forward(&self, x: &Tensor, decision: &Decision) -> Result<Tensor> {
        ops::mix(x, decision, &self.up, &self.down, self.biases.as_ref(), self.activation)
    }
}
