//! The convolution and scan of Mamba-2 from candle's operations, a segment at a time.
//!
//! The chunked form of `kernels/scan.rs`, all heads of a chunk at once: with G groups of h heads,
//! what a chunk's tokens contribute to each other is a product of `[G, h, tokens, tokens]` by
//! `[G, h, tokens, P]`, and what came before one of C by the state.

use candle_core::{D, Result, Tensor};

use super::placement::wide;
use super::scan::{MambaParameters, MambaShape};
use crate::cache::ScanState;
use crate::pass::PassSegment;

/// Tokens of a chunk.
const CHUNK: usize = 64;

/// What all segments of a pass share; everything in the type of sums.
pub(super) struct Composed<'a> {
    shape: MambaShape,
    parameters: &'a MambaParameters,
    /// `[rows, channels]`, before the convolution.
    channels: Tensor,
    /// `[rows, heads]`: positive step sizes.
    dt: Tensor,
    /// `[heads]`: negative decay rates.
    a: Tensor,
}

impl<'a> Composed<'a> {
    pub(super) fn new(
        projected: &Tensor,
        shape: MambaShape,
        parameters: &'a MambaParameters,
    ) -> Result<Self> {
        let rows = projected.to_dtype(wide(projected.dtype()))?;
        let (inner, channels) = (shape.scan.inner(), shape.scan.channels());
        let dt = rows.narrow(D::Minus1, inner + channels, shape.scan.heads)?;
        Ok(Self {
            shape,
            parameters,
            channels: rows.narrow(D::Minus1, inner, channels)?.contiguous()?,
            dt: softplus(&dt.broadcast_add(&parameters.dt_bias)?)?,
            a: parameters.a_log.exp()?.neg()?,
        })
    }

    /// Outputs `[tokens, inner]` of a segment and the state at its end; it starts from `before`.
    pub(super) fn segment(
        &self,
        segment: &PassSegment,
        before: Option<&ScanState>,
    ) -> Result<(Tensor, ScanState)> {
        let (first, tokens) = (segment.rows.start, segment.rows.len());
        let rows = self.channels.narrow(0, first, tokens)?;
        let (convolved, conv) = self.convolve(&rows, before)?;
        let dt = self.dt.narrow(0, first, tokens)?;
        let memory = self.shape.memory();
        let mut state = match before {
            Some(before) => before.scan.clone(),
            None => Tensor::zeros(memory.state, rows.dtype(), rows.device())?,
        };
        let mut outputs = vec![];
        for start in (0..tokens).step_by(CHUNK) {
            let part = |x: &Tensor| x.narrow(0, start, CHUNK.min(tokens - start));
            let chunk = self.chunk(&part(&convolved)?, &part(&dt)?, &state)?;
            outputs.push(chunk.0);
            state = chunk.1;
        }
        Ok((Tensor::cat(&outputs, 0)?, ScanState { conv, scan: state }))
    }

    /// Filtered rows after SiLU, and the rows that the next segment's first outputs depend on.
    fn convolve(&self, rows: &Tensor, before: Option<&ScanState>) -> Result<(Tensor, Tensor)> {
        let (tokens, taps) = (rows.dim(0)?, self.shape.kernel);
        let before = match before {
            Some(before) => before.conv.clone(),
            None => Tensor::zeros(self.shape.memory().conv, rows.dtype(), rows.device())?,
        };
        let all = Tensor::cat(&[&before, rows], 0)?;
        let weight = self.parameters.conv_weight.squeeze(1)?;
        let mut sum = match &self.parameters.conv_bias {
            Some(bias) => bias.broadcast_as(rows.shape())?.contiguous()?,
            None => rows.zeros_like()?,
        };
        for tap in 0..taps {
            let filter = weight.narrow(1, tap, 1)?.squeeze(1)?.contiguous()?;
            sum = (sum + all.narrow(0, tap, tokens)?.broadcast_mul(&filter)?)?;
        }
        Ok((sum.silu()?, all.narrow(0, tokens, taps - 1)?.force_contiguous()?))
    }

    /// Outputs of a chunk from rows `[x | B | C]`, and the state after it.
    fn chunk(&self, rows: &Tensor, dt: &Tensor, state: &Tensor) -> Result<(Tensor, Tensor)> {
        let scan = self.shape.scan;
        let (groups, heads, tokens) = (scan.groups, scan.group_heads(), rows.dim(0)?);
        let by_head = (groups, heads, scan.head_dim, scan.state);
        let bc = |from: usize| {
            let part = rows.narrow(1, scan.inner() + from, groups * scan.state)?;
            let part = part.reshape((tokens, groups, scan.state))?.transpose(0, 1)?;
            let shape = (groups, heads, tokens, scan.state);
            part.unsqueeze(1)?.broadcast_as(shape)?.contiguous()
        };
        let (b, c) = (bc(0)?, bc(groups * scan.state)?);
        let x = rows.narrow(1, 0, scan.inner())?.reshape((tokens, groups, heads, scan.head_dim))?;
        let x = x.permute((1, 2, 0, 3))?.contiguous()?;
        let line = |x: &Tensor| x.t()?.contiguous()?.reshape((groups, heads, tokens));
        let (sums, dt) = (line(&dt.broadcast_mul(&self.a)?.cumsum(0)?)?, line(dt)?);
        let (column, row) = (sums.unsqueeze(3)?, sums.unsqueeze(2)?);
        let decay = column.broadcast_sub(&row)?.minimum(0.0)?.exp()?;
        let decay = decay.broadcast_mul(&Tensor::tril2(tokens, sums.dtype(), sums.device())?)?;
        let each = (c.matmul(&b.t()?)? * decay)?.broadcast_mul(&dt.unsqueeze(2)?)?;
        let state = state.reshape(by_head)?;
        let earlier = c.matmul(&state.t()?.contiguous()?)?.broadcast_mul(&column.exp()?)?;
        let own = x.broadcast_mul(&self.parameters.d.reshape((groups, heads, 1, 1))?)?;
        let y = (each.matmul(&x)? + earlier)? + own;
        let last = sums.narrow(2, tokens - 1, 1)?;
        let rest = (last.broadcast_sub(&sums)?.exp()? * dt)?.unsqueeze(3)?;
        let gained = x.broadcast_mul(&rest)?.transpose(2, 3)?.contiguous()?.matmul(&b)?;
        let state = (state.broadcast_mul(&last.exp()?.unsqueeze(3)?)? + gained)?;
        let y = y?.permute((2, 0, 1, 3))?.reshape((tokens, scan.inner()))?;
        Ok((y, state.reshape(self.shape.memory().state)?))
    }
}

/// ln(1 + e^x) without overflow.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + x.abs()?.neg()?.exp()?.affine(1.0, 1.0)?.log()?
}
