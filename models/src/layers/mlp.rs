//! Feed-forward networks that every token visits.

use candle_core::{Result, Tensor};

use super::{Linear, Mixer};
use crate::kernels::activation::Activation;
use crate::ops;
use crate::pass::Step;

/// `down(activation(up(x)))`; gate and up are one matrix `[gate | up]` where there is a gate.
pub(crate) struct Mlp {
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) activation: Activation,
}

impl Mlp {
    pub(crate) fn run(&self, x: &Tensor) -> Result<Tensor> {
        let inner = self.down.weight.inputs();
        self.down.forward(&ops::activate(&self.up.forward(x)?, self.activation, inner)?)
    }
}

impl Mixer for Mlp {
    fn forward(&self, x: &Tensor, _: &mut Step<'_>) -> Result<Tensor> {
        self.run(x)
    }
}
