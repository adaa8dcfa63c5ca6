//! A Mixture-of-Experts block: the router decides, the observer sees, the experts follow.

use candle_core::{Result, Tensor};

use super::{Experts, Linear, Mixer, Mlp, Router};
use crate::MoeLayer;
use crate::ops;
use crate::pass::Step;

/// Router and experts of one layer (arXiv:1701.06538), with what some families add.
pub(crate) struct Moe {
    pub(crate) layer: MoeLayer,
    pub(crate) router: Router,
    pub(crate) experts: Experts,
    /// Projections into and out of a narrower space in which the routed experts work.
    pub(crate) latent: Option<(Linear, Linear)>,
    /// An expert that every token visits. It is not routed.
    pub(crate) shared: Option<SharedExpert>,
}

/// An expert that every token visits.
pub(crate) struct SharedExpert {
    pub(crate) mlp: Mlp,
    /// Its output is multiplied by the sigmoid of this projection to one number.
    pub(crate) gate: Option<Linear>,
}

impl Mixer for Moe {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let decision = self.router.route(x)?;
        step.observe(self.layer, &decision)?;
        let routed = match &self.latent {
            Some((down, up)) => up.forward(&self.experts.forward(&down.forward(x)?, &decision)?)?,
            None => self.experts.forward(x, &decision)?,
        };
        match &self.shared {
            Some(shared) => shared.add_to(&routed, x),
            None => Ok(routed),
        }
    }
}

impl SharedExpert {
    fn add_to(&self, routed: &Tensor, x: &Tensor) -> Result<Tensor> {
        let mut shared = self.mlp.run(x)?;
        if let Some(gate) = &self.gate {
            shared = ops::gated(&shared, &gate.forward(x)?)?;
        }
        ops::add(routed, &shared, 1.0)
    }
}
