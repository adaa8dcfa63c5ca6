//! Normalisation of rows.

use candle_core::{Result, Tensor};

use crate::ops::{self, HeadRows};

/// RMSNorm (arXiv:1910.07467) over runs as wide as its weight.
///
/// Applied to `[rows, heads · width]` with a weight of `width` numbers it normalises each head.
pub(crate) struct RmsNorm {
    pub(crate) weight: Tensor,
    pub(crate) eps: f32,
}

/// Layer normalisation (arXiv:1607.06450), with a bias.
pub(crate) struct LayerNorm {
    pub(crate) weight: Tensor,
    pub(crate) bias: Tensor,
    pub(crate) eps: f32,
}

/// What stands before a residual unit, and before the head.
pub(crate) enum Norm {
    Rms(RmsNorm),
    Layer(LayerNorm),
}

impl RmsNorm {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(x, &self.weight, self.eps)
    }

    /// The heads of `[rows, heads · width]`, for an operation that normalises them on its way.
    pub(crate) fn heads<'a>(&'a self, x: &'a Tensor, heads: usize) -> HeadRows<'a> {
        HeadRows { x, heads, weight: &self.weight, eps: self.eps }
    }
}

impl Norm {
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Norm::Rms(norm) => norm.forward(x),
            Norm::Layer(LayerNorm { weight, bias, eps }) => ops::layer_norm(x, weight, bias, *eps),
        }
    }
}

impl From<RmsNorm> for Norm {
    fn from(norm: RmsNorm) -> Self {
        Norm::Rms(norm)
    }
}
