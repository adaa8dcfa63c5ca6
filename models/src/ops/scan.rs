//! The Mamba-2 mixer between its two projections.

use std::ops::Range;

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::host::{has_kernels, on_host};
use super::recurrence::{Memory, MemoryShape, before, interleave, recur, recur_on_device};
use super::scan_composed::Composed;
use crate::cuda::{self, Scanned};
use crate::kernels::convolution::Filters;
use crate::kernels::host::{host, tensor};
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

/// The small weights of a mixer.
pub(crate) struct MambaParameters {
    /// `[channels, 1, taps]`; the last tap meets the current token.
    pub(crate) conv_weight: Tensor,
    pub(crate) conv_bias: Option<Tensor>,
    pub(crate) dt_bias: Tensor,
    /// Logarithm of the decay rates.
    pub(crate) a_log: Tensor,
    pub(crate) d: Tensor,
}

/// Convolves and scans `[rows, gate | channels | step sizes]`, all segments, parents first, and gates
/// the result by SiLU; returns `[rows, inner]`.
pub(crate) fn mamba(
    projected: &Tensor,
    shape: MambaShape,
    parameters: &MambaParameters,
    slot: usize,
    step: &mut Step<'_>,
) -> Result<Tensor> {
    if on_host(projected) {
        return on_cpu(projected, shape, parameters, slot, step);
    }
    if has_kernels(projected) && cuda::scans(projected.dtype(), shape.scan, shape.kernel) {
        return by_kernels(projected, shape, parameters, slot, step);
    }
    let composed = Composed::new(projected, shape, parameters)?;
    let y = recur_on_device(step, slot, |segment, before| composed.segment(segment, before))?;
    let gate = projected.narrow(D::Minus1, 0, shape.scan.inner())?.to_dtype(y.dtype())?;
    (gate.silu()? * y)?.to_dtype(projected.dtype())
}

/// All segments at once, with the kernels for NVIDIA GPUs.
fn by_kernels(
    projected: &Tensor,
    shape: MambaShape,
    parameters: &MambaParameters,
    slot: usize,
    step: &mut Step<'_>,
) -> Result<Tensor> {
    let pass = step.pass;
    let segments: Vec<Scanned<'_>> = pass.segments.iter().map(|s| scanned(s, slot)).collect();
    let projected = projected.contiguous()?;
    let (gated, ends) = cuda::mamba(&projected, shape.scan, parameters, &segments)?;
    for (segment, end) in ends.into_iter().enumerate() {
        if let Some(end) = end {
            step.store_scan(slot, segment, end);
        }
    }
    Ok(gated)
}

fn scanned(segment: &PassSegment, slot: usize) -> Scanned<'_> {
    let (rows, before) = (segment.rows.clone(), before(segment, slot));
    Scanned { rows, before, keep: segment.stored, appended: segment.extends.is_some() }
}

fn on_cpu(
    projected: &Tensor,
    shape: MambaShape,
    parameters: &MambaParameters,
    slot: usize,
    step: &mut Step<'_>,
) -> Result<Tensor> {
    let MambaParameters { conv_weight, conv_bias, dt_bias, a_log, d } = parameters;
    let mut parts = Parts::new(&host(projected)?, &host(dt_bias)?, shape);
    let (weight, bias) = (host(conv_weight)?, conv_bias.as_ref().map(host).transpose()?);
    let filters = Filters::new(&weight, bias.as_deref(), shape.scan.channels());
    let a: Vec<f32> = host(a_log)?.iter().map(|a| -a.exp()).collect();
    let d = host(d)?;
    let run = Run {
        shape: shape.scan,
        filters,
        parameters: HeadParameters { a: &a, d: &d },
        channels: &parts.channels,
        dt: &parts.dt,
    };
    let y = recur(step, slot, shape.memory(), |segment, before, keep| {
        run.segment(segment, before, keep)
    })?;
    let inner = shape.scan.inner();
    parts.gate.par_chunks_mut(inner).zip(y.par_chunks(inner)).for_each(|(gate, y)| {
        vector::silu(gate);
        gate.iter_mut().zip(y).for_each(|(gate, y)| *gate *= y);
    });
    tensor(parts.gate, projected.dim(0)?, inner)
}

/// The projected rows of a pass, taken apart.
struct Parts {
    gate: Vec<f32>,
    channels: Vec<f32>,
    dt: Vec<f32>,
}

impl Parts {
    fn new(rows: &[f32], dt_bias: &[f32], shape: MambaShape) -> Self {
        let (inner, channels) = (shape.scan.inner(), shape.scan.channels());
        let part = |from: usize, to: usize| {
            let mut part = Vec::with_capacity(rows.len() / shape.projected() * (to - from));
            let all = rows.chunks(shape.projected());
            all.for_each(|row| part.extend_from_slice(&row[from..to]));
            part
        };
        let (gate, convolved) = (part(0, inner), part(inner, inner + channels));
        let mut dt: Vec<f32> = part(inner + channels, shape.projected());
        dt.par_chunks_mut(dt_bias.len()).with_min_len(64).for_each(|row| {
            row.iter_mut().zip(dt_bias).for_each(|(dt, bias)| *dt = vector::softplus(*dt + bias));
        });
        Self { gate, channels: convolved, dt }
    }
}

/// What all segments of a pass share.
struct Run<'a> {
    shape: ScanShape,
    filters: Filters,
    parameters: HeadParameters<'a>,
    channels: &'a [f32],
    dt: &'a [f32],
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
        let rows = &self.channels[start * channels..end * channels];
        let dt = &self.dt[start * heads..end * heads];
        let mut convolved = vec![0.0; rows.len()];
        self.filters.run(&before.conv, rows, &mut convolved);
        let tokens = Tokens { rows: &convolved, dt };
        let scan = |group| {
            let state = before.state.as_deref();
            scan_group(self.shape, self.parameters, tokens, group, state, keep)
        };
        let groups = (0..self.shape.groups).into_par_iter().map(scan);
        let (outputs, states): (Vec<_>, Vec<Option<_>>) = groups.unzip();
        let conv = || self.filters.remember(&before.conv, rows);
        let state = || states.into_iter().flatten().collect::<Vec<_>>().concat();
        let end = keep.then(|| Memory { conv: conv(), state: Some(state()) });
        (interleave(&outputs, segment.rows.len()), end)
    }
}
