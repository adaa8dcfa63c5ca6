//! The Mamba-2 mixer between its two projections, for all segments of a pass.
//!
//! The convolution looks at inputs only, so one launch does all segments, whatever continues what. The scan starts
//! from states: one launch a level of the forest.

mod convolution;
mod ends;
mod scan;

use std::ops::Range;

use candle_core::{DType, Result, Tensor};

use crate::cache::ScanState;
use crate::kernels::scan::ScanShape;
use crate::ops::MambaParameters;

/// A segment of a pass.
pub(crate) struct Scanned<'a> {
    /// Its packed rows.
    pub(crate) rows: Range<usize>,
    pub(crate) before: Before<'a>,
    /// Whether the state at its end is wanted.
    pub(crate) keep: bool,
    /// Whether it continues a sequence whose last state it takes the place of.
    pub(crate) appended: bool,
}

/// What a segment continues.
#[derive(Clone, Copy)]
pub(crate) enum Before<'a> {
    /// Nothing: it begins a sequence.
    Nothing,
    /// A state that an earlier pass returned.
    Kept(&'a ScanState),
    /// An earlier segment of the same pass, by index.
    Segment(usize),
}

/// Whether there are kernels for rows of this type and a mixer of this shape.
pub(crate) fn scans(dtype: DType, shape: ScanShape, taps: usize) -> bool {
    let sizes = (shape.head_dim, shape.state, taps) == (scan::P, scan::N, convolution::TAPS);
    dtype == DType::BF16 && sizes
}

/// Convolves, scans and gates the rows of a pass.
///
/// `projected` is `[rows, gate | channels | step sizes]` in bf16. Returns SiLU(gate) · y (`[rows, inner]`, bf16) and
/// the states that are wanted: of the convolution in bf16, of the scan in f32. Step sizes are softplus(dt + bias).
/// The parameters are f32.
pub(crate) fn mamba(
    projected: &Tensor,
    shape: ScanShape,
    parameters: &MambaParameters,
    segments: &[Scanned<'_>],
) -> Result<(Tensor, Vec<Option<ScanState>>)> {
    let mut continued: Vec<bool> = segments.iter().map(|segment| segment.keep).collect();
    for segment in segments {
        if let Before::Segment(parent) = segment.before {
            continued[parent] = true;
        }
    }
    let (convolved, inputs) = convolution::convolve(projected, shape, parameters, segments)?;
    let rows = scan::Rows { projected, convolved: &convolved };
    let (gated, states) = scan::scan(rows, shape, parameters, segments, &continued)?;
    let inputs = inputs.into_tensors(convolution::TAPS - 1, shape.channels())?;
    let states = states.into_tensors(shape.inner(), shape.state)?;
    let both = inputs.into_iter().zip(states);
    let ends = both.map(|(conv, scan)| Some(ScanState { conv: conv?, scan: scan? })).collect();
    Ok((gated, ends))
}

#[cfg(test)]
mod tests;
