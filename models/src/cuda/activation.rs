//! Activations as kernels know them.

use crate::kernels::activation::Activation;

/// An activation's number in `activation.cuh`, and what it is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) number: usize,
    pub(super) alpha: f32,
    pub(super) limit: f32,
}

impl Code {
    pub(super) const NOTHING: Code = Code { number: 0, alpha: 0.0, limit: 0.0 };

    pub(super) fn of(activation: Activation) -> Self {
        let number = match activation {
            Activation::ReluSquared => 1,
            Activation::SwiGlu => 2,
            Activation::GeGlu => 3,
            Activation::ClampedSwiGlu { alpha, limit } => return Code { number: 4, alpha, limit },
        };
        Code { number, ..Code::NOTHING }
    }
}
