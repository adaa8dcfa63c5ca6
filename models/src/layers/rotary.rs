//! Rotary position embedding: angles once per pass, rotation in every attention layer.

use candle_core::Result;

use crate::kernels::rotary::Pairs;
use crate::ops::{Angles, Placement};

/// The frequencies of a model's rotation.
pub(crate) struct Rotary {
    /// One per rotated pair, in radians a position.
    pub(crate) frequencies: Vec<f32>,
    /// Multiplies cosine and sine; 1 unless positions are stretched.
    pub(crate) factor: f32,
    /// Which numbers form a pair.
    pub(crate) pairs: Pairs,
}

impl Rotary {
    /// Angles of rows at the given positions.
    pub(crate) fn angles(&self, positions: &[usize], placement: &Placement) -> Result<Angles> {
        Angles::new(&self.frequencies, self.factor, self.pairs, positions, placement)
    }
}
