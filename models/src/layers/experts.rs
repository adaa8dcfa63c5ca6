//! Routed experts, by layer.

use candle_core::{Result, Tensor};

use crate::RouterDecision;
use crate::kernels::activation::Activation;
use crate::kernels::experts::{Biases, Chosen, Stack, mix};
use crate::kernels::host::{Host, host, tensor};
use crate::kernels::packed::Packed;

/// All experts of one layer.
pub(crate) struct Experts {
    /// Of each expert `[outer, hidden]`: gate above up where there is a gate.
    pub(crate) up: Vec<Packed>,
    /// Of each expert `[hidden, inner]`.
    pub(crate) down: Vec<Packed>,
    pub(crate) biases: Option<ExpertBiases>,
    pub(crate) activation: Activation,
}

/// What the experts of a layer add after their products.
pub(crate) struct ExpertBiases {
    /// `[experts, outer]`, in the order of the rows of `up`.
    pub(crate) up: Tensor,
    /// `[experts, hidden]`.
    pub(crate) down: Tensor,
}

impl ExpertBiases {
    fn host(&self) -> Result<(Host<'_>, Host<'_>)> {
        Ok((host(&self.up)?, host(&self.down)?))
    }
}

impl Experts {
    /// The weighted sum of each token's chosen experts.
    pub(crate) fn forward(&self, x: &Tensor, decision: &RouterDecision) -> Result<Tensor> {
        let (tokens, hidden) = x.dims2()?;
        let RouterDecision { ids, weights, top_k, .. } = decision;
        let chosen = Chosen { ids, weights, top_k: *top_k };
        let biases = self.biases.as_ref().map(ExpertBiases::host).transpose()?;
        let biases = biases.as_ref().map(|(up, down)| Biases { up, down });
        let activation = self.activation;
        let stack = Stack { up: &self.up, down: &self.down, biases, hidden, activation };
        tensor(mix(&host(x)?, chosen, stack), tokens, hidden)
    }
}
