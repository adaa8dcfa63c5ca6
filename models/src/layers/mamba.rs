//! The Mamba-2 mixer (arXiv:2405.21060), continuing from any token.

use std::ops::Range;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::recurrence::{Memory, MemoryShape, recur};
use super::{Linear, Mixer};
use crate::kernels::convolution::Filters;
use crate::kernels::host::{host, tensor};
use crate::kernels::norm::rms_norm;
use crate::kernels::scan::{HeadParameters, ScanShape, Tokens, scan_group};
use crate::kernels::vector;
use crate::pass::{PassSegment, Step};

/// Sizes of a mixer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MambaShape {
    pub(crate) scan: ScanShape,
    /// Taps of the convolution.
    pub(crate) kernel: usize,
}

impl MambaShape {
    /// Outputs of the first projection: gate, convolved channels, step sizes.
    pub(crate) fn projected(&self) -> usize {
        self.scan.inner() + self.scan.channels() + self.scan.heads
    }

    /// What is remembered after a token.
    pub(crate) fn memory(&self) -> MemoryShape {
        MemoryShape {
            conv: (self.kernel - 1, self.scan.channels()),
            state: (self.scan.inner(), self.scan.state),
        }
    }
}

/// Projection, causal convolution, scan, gated norm per group, projection.
pub(crate) struct Mamba {
    pub(crate) shape: MambaShape,
    pub(crate) input: Linear,
    pub(crate) conv_weight: Tensor,
    pub(crate) conv_bias: Option<Tensor>,
    pub(crate) dt_bias: Tensor,
    /// Logarithm of the decay rates.
    pub(crate) a_log: Tensor,
    pub(crate) d: Tensor,
    /// Weight of the gated norm, over all heads.
    pub(crate) norm: Tensor,
    pub(crate) eps: f32,
    pub(crate) output: Linear,
    /// Where its state lies in a node.
    pub(crate) slot: usize,
}

/// The projected rows of a pass, taken apart.
struct Projected {
    gate: Vec<f32>,
    channels: Vec<f32>,
    dt: Vec<f32>,
}

impl Mamba {
    fn project(&self, x: &Tensor) -> Result<Projected> {
        let projected = self.input.forward(x)?;
        let rows = host(&projected)?;
        let (inner, channels) = (self.shape.scan.inner(), self.shape.scan.channels());
        let part = |from: usize, to: usize| {
            let mut part = Vec::with_capacity(x.dims()[0] * (to - from));
            let all = rows.chunks(self.shape.projected());
            all.for_each(|row| part.extend_from_slice(&row[from..to]));
            part
        };
        let (gate, convolved) = (part(0, inner), part(inner, inner + channels));
        let mut dt: Vec<f32> = part(inner + channels, self.shape.projected());
        let bias = host(&self.dt_bias)?;
        dt.par_chunks_mut(bias.len()).with_min_len(64).for_each(|row| {
            row.iter_mut().zip(&*bias).for_each(|(dt, bias)| *dt = softplus(*dt + bias));
        });
        Ok(Projected { gate, channels: convolved, dt })
    }

    /// Runs all segments, parents first; returns `[rows, inner]`.
    fn scan(&self, projected: &Projected, step: &mut Step<'_>) -> Result<Vec<f32>> {
        let (weight, bias) =
            (host(&self.conv_weight)?, self.conv_bias.as_ref().map(host).transpose()?);
        let filters = Filters::new(&weight, bias.as_deref(), self.shape.scan.channels());
        let a: Vec<f32> = host(&self.a_log)?.iter().map(|a| -a.exp()).collect();
        let d = host(&self.d)?;
        let parameters = HeadParameters { a: &a, d: &d };
        let run = Run { shape: self.shape.scan, filters, parameters, projected };
        recur(step, self.slot, self.shape.memory(), |segment, before, keep| {
            run.segment(segment, before, keep)
        })
    }
}

/// What all segments of a pass share.
struct Run<'a> {
    shape: ScanShape,
    filters: Filters,
    parameters: HeadParameters<'a>,
    projected: &'a Projected,
}

impl Run<'_> {
    fn segment(
        &self,
        segment: &PassSegment,
        before: &Memory,
        keep: bool,
    ) -> (Vec<f32>, Option<Memory>) {
        let (channels, heads) = (self.shape.channels(), self.shape.heads);
        let Range { start, end } = segment.rows;
        let rows = &self.projected.channels[start * channels..end * channels];
        let dt = &self.projected.dt[start * heads..end * heads];
        let mut convolved = vec![0.0; rows.len()];
        self.filters.run(&before.conv, rows, &mut convolved);
        let tokens = Tokens { rows: &convolved, dt };
        let scan = |group| {
            let state = before.state.as_deref();
            scan_group(self.shape, self.parameters, tokens, group, state, keep)
        };
        let groups: Vec<_> = (0..self.shape.groups).into_par_iter().map(scan).collect();
        let y = interleave(&groups, self.shape.inner(), segment.rows.len());
        let states = || groups.iter().filter_map(|(_, s)| s.as_deref()).collect::<Vec<_>>();
        let end = keep.then(|| Memory {
            conv: self.filters.remember(&before.conv, rows),
            state: Some(states().concat()),
        });
        (y, end)
    }
}

/// Joins the columns of all groups into rows.
fn interleave(groups: &[(Vec<f32>, Option<Vec<f32>>)], inner: usize, rows: usize) -> Vec<f32> {
    let width = inner / groups.len();
    let mut joined = Vec::with_capacity(rows * inner);
    for row in 0..rows {
        groups.iter().for_each(|(y, _)| joined.extend_from_slice(&y[row * width..][..width]));
    }
    joined
}

/// ln(1 + e^x), as PyTorch bounds it.
pub(super) fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

impl Mixer for Mamba {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let mut projected = self.project(x)?;
        let y = self.scan(&projected, step)?;
        let inner = self.shape.scan.inner();
        projected.gate.par_chunks_mut(inner).zip(y.par_chunks(inner)).for_each(|(gate, y)| {
            vector::silu(gate);
            gate.iter_mut().zip(y).for_each(|(gate, y)| *gate *= y);
        });
        let group = inner / self.shape.scan.groups;
        let normed = grouped_norm(&projected.gate, &host(&self.norm)?, group, self.eps);
        self.output.forward(&tensor(normed, x.dim(0)?, inner)?)
    }
}

/// RMSNorm of each group of `group` numbers, times the weight of the whole row.
fn grouped_norm(x: &[f32], weight: &[f32], group: usize, eps: f32) -> Vec<f32> {
    let mut normed = rms_norm(x, &vec![1.0; group], eps);
    let rows = normed.par_chunks_mut(weight.len()).with_min_len(16);
    rows.for_each(|row| row.iter_mut().zip(weight).for_each(|(x, weight)| *x *= weight));
    normed
}
