//! Gated DeltaNet (arXiv:2412.06464), continuing from any token.

use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::mamba::softplus;
use super::recurrence::{Memory, MemoryShape, recur};
use super::{Linear, Mixer, RmsNorm};
use crate::kernels::convolution::Filters;
use crate::kernels::delta::{DeltaShape, DeltaTokens, delta_head};
use crate::kernels::host::{host, tensor};
use crate::kernels::vector;
use crate::pass::{PassSegment, Step};

/// Projections, causal convolution, delta rule, gated norm of each head, projection.
pub(crate) struct DeltaNet {
    pub(crate) shape: DeltaShape,
    /// Taps of the convolution.
    pub(crate) kernel: usize,
    /// To `[q | k | v]`.
    pub(crate) qkv: Linear,
    /// To the gate of the outputs.
    pub(crate) gate: Linear,
    /// To one number a value head: how much is written.
    pub(crate) beta: Linear,
    /// To one number a value head: step sizes of the decay.
    pub(crate) dt: Linear,
    pub(crate) conv_weight: Tensor,
    pub(crate) dt_bias: Tensor,
    /// Logarithm of the decay rates.
    pub(crate) a_log: Tensor,
    /// Over the numbers of one head.
    pub(crate) norm: RmsNorm,
    pub(crate) output: Linear,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

/// What a layer remembers after a token.
pub(crate) fn delta_memory(shape: DeltaShape, kernel: usize) -> MemoryShape {
    MemoryShape {
        conv: (kernel - 1, shape.channels()),
        state: (shape.value_heads * shape.key_dim, shape.value_dim),
    }
}

/// What all segments of a pass share; one row a token.
struct Run<'a> {
    shape: DeltaShape,
    filters: Filters,
    rows: &'a [f32],
    decay: Vec<f32>,
    beta: Vec<f32>,
}

impl DeltaNet {
    /// The factor that each value head's state keeps, `[rows, value_heads]`.
    fn decay(&self, x: &Tensor) -> Result<Vec<f32>> {
        let mut decay = host(&self.dt.forward(x)?)?.to_vec();
        let (bias, a_log) = (host(&self.dt_bias)?, host(&self.a_log)?);
        for row in decay.chunks_mut(bias.len()) {
            for ((dt, bias), a_log) in row.iter_mut().zip(&*bias).zip(&*a_log) {
                *dt = (-a_log.exp() * softplus(*dt + bias)).exp();
            }
        }
        Ok(decay)
    }

    /// Runs all segments, parents first; returns `[rows, values]`.
    fn recall(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Vec<f32>> {
        let mut beta = host(&self.beta.forward(x)?)?.to_vec();
        vector::sigmoid(&mut beta);
        let (decay, rows) = (self.decay(x)?, self.qkv.forward(x)?);
        let filters = Filters::new(&host(&self.conv_weight)?, None, self.shape.channels());
        let run = Run { shape: self.shape, filters, rows: &host(&rows)?, decay, beta };
        let memory = delta_memory(self.shape, self.kernel);
        recur(step, self.slot, memory, |segment, before, keep| run.segment(segment, before, keep))
    }
}

impl Run<'_> {
    fn segment(
        &self,
        segment: &PassSegment,
        before: &Memory,
        keep: bool,
    ) -> (Vec<f32>, Option<Memory>) {
        let (channels, heads) = (self.shape.channels(), self.shape.value_heads);
        let Range { start, end } = segment.rows;
        let rows = &self.rows[start * channels..end * channels];
        let mut convolved = vec![0.0; rows.len()];
        self.filters.run(&before.conv, rows, &mut convolved);
        let tokens = DeltaTokens {
            rows: &convolved,
            decay: &self.decay[start * heads..end * heads],
            beta: &self.beta[start * heads..end * heads],
        };
        let size = self.shape.key_dim * self.shape.value_dim;
        let head = |head: usize| {
            let before = before.state.as_ref().map(|s| &s[head * size..][..size]);
            delta_head(self.shape, tokens, head, before)
        };
        let (outputs, states): (Vec<_>, Vec<_>) = (0..heads).into_par_iter().map(head).unzip();
        let conv = || self.filters.remember(&before.conv, rows);
        let end = keep.then(|| Memory { conv: conv(), state: Some(states.concat()) });
        (interleave(&outputs, segment.rows.len(), self.shape.value_dim), end)
    }
}

/// Joins the columns of all heads into rows.
fn interleave(heads: &[Vec<f32>], rows: usize, width: usize) -> Vec<f32> {
    let mut joined = Vec::with_capacity(rows * heads.len() * width);
    for row in 0..rows {
        heads.iter().for_each(|head| joined.extend_from_slice(&head[row * width..][..width]));
    }
    joined
}

impl Mixer for DeltaNet {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (rows, width) = (x.dim(0)?, self.shape.values());
        let recalled = tensor(self.recall(x, step)?, rows, width)?;
        let mut gated = host(&self.norm.forward(&recalled)?)?.to_vec();
        let mut gate = host(&self.gate.forward(x)?)?.to_vec();
        vector::silu(&mut gate);
        gated.iter_mut().zip(&gate).for_each(|(x, gate)| *x *= gate);
        self.output.forward(&tensor(gated, rows, width)?)
    }
}
