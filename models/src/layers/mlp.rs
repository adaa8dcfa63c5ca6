//! Feed-forward networks that every token visits.

use candle_core::{Result, Tensor};

use super::{Linear, Mixer};
use crate::kernels::activation::Activation;
use crate::kernels::host::{host, tensor};
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
        let up = self.up.forward(x)?;
        let middle = self.activation.apply(host(&up)?.to_vec(), inner);
        self.down.forward(&tensor(middle, x.dim(0)?, inner)?)
    }
}

impl Mixer for Mlp {
    fn forward(&self, x: &Tensor, _: &mut Step<'_>) -> Result<Tensor> {
        self.run(x)
    }
}
