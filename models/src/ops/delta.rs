//! Gated DeltaNet between its projections. It has no form on devices: there it goes through host memory.

use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::host::{like, to_host};
use super::recurrence::{Memory, MemoryShape, interleave, recur};
use crate::kernels::convolution::Filters;
use crate::kernels::delta::{DeltaShape, DeltaTokens, delta_head};
use crate::kernels::vector;
use crate::pass::{PassSegment, Step};

/// What a layer remembers after a token.
pub(crate) fn delta_memory(shape: DeltaShape, kernel: usize) -> MemoryShape {
    MemoryShape {
        conv: (kernel - 1, shape.channels()),
        state: (shape.value_heads * shape.key_dim, shape.value_dim),
    }
}

/// The small weights of a layer.
pub(crate) struct DeltaParameters {
    /// `[channels, 1, taps]`.
    pub(crate) conv_weight: Tensor,
    pub(crate) dt_bias: Tensor,
    /// Logarithm of the decay rates.
    pub(crate) a_log: Tensor,
}

/// The projected rows of a pass.
pub(crate) struct DeltaRows {
    /// `[q | k | v]`.
    pub(crate) qkv: Tensor,
    /// One number a value head: how much is written.
    pub(crate) beta: Tensor,
    /// One number a value head: step sizes of the decay.
    pub(crate) dt: Tensor,
}

/// Convolves and runs the delta rule over all segments, parents first; returns `[rows, values]`.
pub(crate) fn delta(
    rows: &DeltaRows,
    shape: DeltaShape,
    parameters: &DeltaParameters,
    slot: usize,
    step: &mut Step<'_>,
) -> Result<Tensor> {
    let mut beta = to_host(&rows.beta)?;
    vector::sigmoid(&mut beta);
    let conv_weight = to_host(&parameters.conv_weight)?;
    let filters = Filters::new(&conv_weight, None, shape.channels());
    let kernel = filters.memory() + 1;
    let decay = decay(to_host(&rows.dt)?, parameters)?;
    let run = Run { shape, filters, rows: &to_host(&rows.qkv)?, decay, beta };
    let memory = delta_memory(shape, kernel);
    let recalled =
        recur(step, slot, memory, |segment, before, keep| run.segment(segment, before, keep))?;
    like(&rows.qkv, recalled, rows.qkv.dim(0)?, shape.values())
}

/// The factor that each value head's state keeps, `[rows, value_heads]`.
fn decay(mut dt: Vec<f32>, parameters: &DeltaParameters) -> Result<Vec<f32>> {
    let (bias, a_log) = (to_host(&parameters.dt_bias)?, to_host(&parameters.a_log)?);
    for row in dt.chunks_mut(bias.len()) {
        for ((dt, bias), a_log) in row.iter_mut().zip(&*bias).zip(&*a_log) {
            *dt = (-a_log.exp() * vector::softplus(*dt + bias)).exp();
        }
    }
    Ok(dt)
}

/// What all segments of a pass share; one row a token.
struct Run<'a> {
    shape: DeltaShape,
    filters: Filters,
    rows: &'a [f32],
    decay: Vec<f32>,
    beta: Vec<f32>,
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
        (interleave(&outputs, segment.rows.len()), end)
    }
}
