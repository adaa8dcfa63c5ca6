//! The Mamba-2 mixer (arXiv:2405.21060), continuing from any token.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::{Linear, Mixer};
use crate::cache::{Node, ScanState, State};
use crate::kernels::convolution::Filters;
use crate::kernels::host::{host, tensor};
use crate::kernels::norm::rms_norm;
use crate::kernels::scan::{HeadParameters, ScanShape, Tokens, scan_group};
use crate::kernels::vector;
use crate::pass::{Link, Pass, PassSegment, Step};

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

    /// Numbers that a kept state costs.
    pub(crate) fn state_numbers(&self) -> usize {
        self.scan.inner() * self.scan.state + (self.kernel - 1) * self.scan.channels()
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

/// A state on the host: rows before the convolution, and the scan's state where there was a token.
struct Memory {
    conv: Vec<f32>,
    scan: Option<Vec<f32>>,
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

    /// The states that the cache holds for a pass, by node.
    fn cached(&self, pass: &Pass) -> Result<HashMap<*const Node, Arc<Memory>>> {
        let mut memories = HashMap::new();
        for node in pass.segments.iter().filter_map(cached_node) {
            if let State::Scan(state) = &node.states[self.slot] {
                let (conv, scan) = (host(&state.conv)?.to_vec(), Some(host(&state.scan)?.to_vec()));
                memories
                    .entry(node as *const Node)
                    .or_insert_with(|| Arc::new(Memory { conv, scan }));
            }
        }
        Ok(memories)
    }

    fn nothing(&self) -> Memory {
        Memory { conv: vec![0.0; (self.shape.kernel - 1) * self.shape.scan.channels()], scan: None }
    }

    /// Runs all segments, parents first; returns `[rows, inner]`.
    fn scan(&self, projected: &Projected, step: &mut Step<'_>) -> Result<Vec<f32>> {
        let (weight, bias) =
            (host(&self.conv_weight)?, self.conv_bias.as_ref().map(host).transpose()?);
        let filters = Filters::new(&weight, bias.as_deref(), self.shape.scan.channels());
        let a: Vec<f32> = host(&self.a_log)?.iter().map(|a| -a.exp()).collect();
        let d = host(&self.d)?;
        let run =
            Run { shape: self.shape.scan, filters, parameters: HeadParameters { a: &a, d: &d } };
        let cached = self.cached(step.pass)?;
        let nothing = Arc::new(self.nothing());
        let mut ends: Vec<Option<Arc<Memory>>> = vec![None; step.pass.segments.len()];
        let width = self.shape.scan.inner();
        let mut out = vec![0.0; step.pass.tokens.len() * width];
        for level in levels(step.pass) {
            let start = |&s: &usize| start_of(&step.pass.segments[s], &cached, &ends);
            let before: Vec<_> = level.iter().map(|s| start(s).unwrap_or(&nothing)).collect();
            for ((segment, end), y) in run.level(step.pass, &level, &before, projected) {
                let rows = &step.pass.segments[segment].rows;
                out[rows.start * width..rows.end * width].copy_from_slice(&y);
                ends[segment] = end.map(Arc::new);
            }
        }
        for (segment, end) in ends.into_iter().enumerate() {
            if let Some(end) = end.filter(|_| step.pass.segments[segment].stored) {
                step.store_scan(self.slot, segment, self.state(&end)?);
            }
        }
        Ok(out)
    }

    fn state(&self, end: &Memory) -> Result<ScanState> {
        let ScanShape { state, .. } = self.shape.scan;
        let conv = tensor(end.conv.clone(), self.shape.kernel - 1, self.shape.scan.channels())?;
        let scan = end.scan.clone().unwrap_or_default();
        Ok(ScanState { conv, scan: tensor(scan, self.shape.scan.inner(), state)? })
    }
}

/// The node of the cache that a segment continues directly.
fn cached_node(segment: &PassSegment) -> Option<&Node> {
    match (&segment.extends, &segment.parent) {
        (Some(node), _) | (None, Some(Link::Cached(node))) => Some(node),
        _ => None,
    }
}

/// The state that a segment starts from; none at the start of a sequence.
fn start_of<'a>(
    segment: &PassSegment,
    cached: &'a HashMap<*const Node, Arc<Memory>>,
    ends: &'a [Option<Arc<Memory>>],
) -> Option<&'a Arc<Memory>> {
    match (cached_node(segment), &segment.parent) {
        (Some(node), _) => cached.get(&(node as *const Node)),
        (None, Some(Link::Pass(parent))) => ends[*parent].as_ref(),
        _ => None,
    }
}

/// Segments in waves: a wave's parents are all in earlier waves.
fn levels(pass: &Pass) -> Vec<Vec<usize>> {
    let mut depth: Vec<usize> = vec![];
    let mut levels: Vec<Vec<usize>> = vec![];
    for (index, segment) in pass.segments.iter().enumerate() {
        let level = match segment.parent {
            Some(Link::Pass(parent)) => depth[parent] + 1,
            _ => 0,
        };
        depth.push(level);
        if levels.len() == level {
            levels.push(vec![]);
        }
        levels[level].push(index);
    }
    levels
}

/// What all segments of a pass share.
struct Run<'a> {
    shape: ScanShape,
    filters: Filters,
    parameters: HeadParameters<'a>,
}

type Ended = ((usize, Option<Memory>), Vec<f32>);

impl Run<'_> {
    /// Runs the segments of one wave; returns their ends (where needed) and outputs.
    fn level(
        &self,
        pass: &Pass,
        level: &[usize],
        before: &[&Arc<Memory>],
        projected: &Projected,
    ) -> Vec<Ended> {
        let one = |(&segment, before): (&usize, &&Arc<Memory>)| {
            self.segment(pass, segment, before, projected)
        };
        level.par_iter().zip(before).map(one).collect()
    }

    fn segment(&self, pass: &Pass, index: usize, before: &Memory, projected: &Projected) -> Ended {
        let segment = &pass.segments[index];
        let (channels, heads) = (self.shape.channels(), self.shape.heads);
        let rows = &projected.channels[segment.rows.start * channels..segment.rows.end * channels];
        let dt = &projected.dt[segment.rows.start * heads..segment.rows.end * heads];
        let mut convolved = vec![0.0; rows.len()];
        self.filters.run(&before.conv, rows, &mut convolved);
        let keep = segment.stored || segment.continued;
        let tokens = Tokens { rows: &convolved, dt };
        let groups: Vec<(Vec<f32>, Option<Vec<f32>>)> = (0..self.shape.groups)
            .into_par_iter()
            .map(|g| {
                scan_group(self.shape, self.parameters, tokens, g, before.scan.as_deref(), keep)
            })
            .collect();
        let y = interleave(&groups, self.shape.inner(), segment.rows.len());
        let end = keep.then(|| Memory {
            conv: self.filters.remember(&before.conv, rows),
            scan: Some(
                groups.iter().filter_map(|(_, s)| s.as_deref()).collect::<Vec<_>>().concat(),
            ),
        });
        ((index, end), y)
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
fn softplus(x: f32) -> f32 {
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
