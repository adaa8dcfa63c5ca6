//! A Mixture-of-Experts block: the router decides, the observer sees, the experts follow.

use candle_core::{Result, Tensor};

use super::{Experts, Mixer, Router};
use crate::MoeLayer;
use crate::pass::Step;

/// Router and experts of one layer (arXiv:1701.06538).
pub(crate) struct Moe {
    pub(crate) layer: MoeLayer,
    pub(crate) router: Router,
    pub(crate) experts: Experts,
}

impl Mixer for Moe {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let decision = self.router.route(x)?;
        step.observe(self.layer, &decision);
        self.experts.forward(x, &decision)
    }
}
