//! Gated DeltaNet (arXiv:2412.06464), continuing from any token.

use candle_core::{Result, Tensor};

use super::{Linear, Mixer, RmsNorm};
use crate::kernels::delta::DeltaShape;
use crate::ops::{self, DeltaParameters, DeltaRows};
use crate::pass::Step;

/// Projections, causal convolution, delta rule, gated norm of each head, projection.
pub(crate) struct DeltaNet {
    pub(crate) shape: DeltaShape,
    /// To `[q | k | v]`.
    pub(crate) qkv: Linear,
    /// To the gate of the outputs.
    pub(crate) gate: Linear,
    /// To one number a value head: how much is written.
    pub(crate) beta: Linear,
    /// To one number a value head: step sizes of the decay.
    pub(crate) dt: Linear,
    pub(crate) parameters: DeltaParameters,
    /// Over the numbers of one head.
    pub(crate) norm: RmsNorm,
    pub(crate) output: Linear,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

impl Mixer for DeltaNet {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (qkv, beta, dt) = (self.qkv.forward(x)?, self.beta.forward(x)?, self.dt.forward(x)?);
        let rows = DeltaRows { qkv, beta, dt };
        let recalled = ops::delta(&rows, self.shape, &self.parameters, self.slot, step)?;
        let normed = self.norm.forward(&recalled)?;
        self.output.forward(&ops::silu_gated(&normed, &self.gate.forward(x)?)?)
    }
}
