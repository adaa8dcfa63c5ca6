//! Rotary position embedding: angles once per pass, rotation in every attention layer.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use crate::kernels::host::{host, tensor};
use crate::kernels::rotary::{Layout, Pairs, rotate};

/// The frequencies of a model's rotation.
pub(crate) struct Rotary {
    /// One per rotated pair, in radians a position.
    pub(crate) frequencies: Vec<f32>,
    /// Multiplies cosine and sine; 1 unless positions are stretched.
    pub(crate) factor: f32,
    /// Which numbers form a pair.
    pub(crate) pairs: Pairs,
}

/// Cosine and sine of every packed row, `[rows, pairs]`.
pub(crate) struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
    per_row: usize,
    pairs: Pairs,
}

impl Rotary {
    /// Angles of rows at the given positions, formed in f32 as the reference implementations do.
    pub(crate) fn angles(&self, positions: &[usize]) -> Angles {
        let per_row = self.frequencies.len();
        let factor = self.factor;
        let turn = move |(sin, cos): (f32, f32)| (sin * factor, cos * factor);
        let angle = |p: usize| self.frequencies.iter().map(move |f| turn((p as f32 * f).sin_cos()));
        let (sin, cos) = positions.par_iter().with_min_len(64).flat_map_iter(|&p| angle(p)).unzip();
        Angles { cos, sin, per_row, pairs: self.pairs }
    }
}

impl Angles {
    /// Rotates the numbers from `first` on in every head of `[rows, heads · width]`.
    pub(crate) fn rotate(&self, x: &Tensor, heads: usize, first: usize) -> Result<Tensor> {
        let (rows, cols) = x.dims2()?;
        let layout =
            Layout { heads, width: cols / heads, first, angles: self.per_row, pairs: self.pairs };
        let mut out = host(x)?.to_vec();
        rotate(&mut out, layout, &self.cos, &self.sin);
        tensor(out, rows, cols)
    }
}
