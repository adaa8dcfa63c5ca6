//! The Mamba-2 mixer (arXiv:2405.21060), continuing from any token.

use candle_core::{Result, Tensor};

use super::{Linear, Mixer};
use crate::ops::{self, MambaParameters, MambaShape};
use crate::pass::Step;

/// Projection, causal convolution, scan, gated norm per group, projection.
pub(crate) struct Mamba {
    pub(crate) shape: MambaShape,
    pub(crate) input: Linear,
    pub(crate) parameters: MambaParameters,
    /// Weight of the gated norm, over all heads.
    pub(crate) norm: Tensor,
    pub(crate) eps: f32,
    pub(crate) output: Linear,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

impl Mixer for Mamba {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let projected = self.input.forward(x)?;
        let gated = ops::mamba(&projected, self.shape, &self.parameters, self.slot, step)?;
        let normed = ops::grouped_norm(&gated, &self.norm, self.shape.scan.groups, self.eps)?;
        self.output.forward(&normed)
    }
}
