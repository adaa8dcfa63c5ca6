//! Rotation of queries and keys by position.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::host::{has_kernels, on_host};
use super::norm::rms_norm;
use super::placement::{Placement, wide};
use crate::cuda;
pub(crate) use crate::cuda::HeadRows;
use crate::kernels::host::{host, tensor};
use crate::kernels::rotary::{self, Layout, Pairs};

/// Cosine and sine of every packed row, `[rows, pairs]`.
pub(crate) struct Angles {
    cos: Tensor,
    sin: Tensor,
    pairs: Pairs,
}

impl Angles {
    /// Angles of rows at the given positions, formed in f32 as the reference implementations do.
    /// `frequencies` has one a pair; `factor` multiplies cosine and sine.
    pub(crate) fn new(
        frequencies: &[f32],
        factor: f32,
        pairs: Pairs,
        positions: &[usize],
        placement: &Placement,
    ) -> Result<Self> {
        let turn = move |(sin, cos): (f32, f32)| (sin * factor, cos * factor);
        let angle = |p: usize| frequencies.iter().map(move |f| turn((p as f32 * f).sin_cos()));
        let (sin, cos) = positions.par_iter().with_min_len(64).flat_map_iter(|&p| angle(p)).unzip();
        let shape = [positions.len(), frequencies.len()];
        let table = |numbers| placement.vector(numbers, &shape);
        Ok(Self { cos: table(cos)?, sin: table(sin)?, pairs })
    }
}

/// Rotates the numbers from `first` on in every head of `[rows, heads · width]`.
pub(crate) fn rotate(x: &Tensor, heads: usize, first: usize, angles: &Angles) -> Result<Tensor> {
    let (rows, cols) = x.dims2()?;
    let (width, each) = (cols / heads, angles.cos.dim(1)?);
    if on_host(x) {
        let layout = Layout { heads, width, first, angles: each, pairs: angles.pairs };
        let mut out = host(x)?.to_vec();
        rotary::rotate(&mut out, layout, &host(&angles.cos)?, &host(&angles.sin)?);
        return tensor(out, rows, cols);
    }
    if has_kernels(x) {
        let tables = (&angles.cos, &angles.sin);
        return cuda::rotate(&x.contiguous()?, heads, first, tables, angles.pairs);
    }
    let heads = x.to_dtype(wide(x.dtype()))?.reshape((rows, heads, width))?;
    let part = |from: usize, to: usize| heads.narrow(D::Minus1, from, to - from);
    let turned = turn(&part(first, first + 2 * each)?, angles)?;
    let parts = [part(0, first)?, turned, part(first + 2 * each, width)?];
    Tensor::cat(&parts, D::Minus1)?.reshape((rows, cols))?.to_dtype(x.dtype())
}

/// Queries and keys of `[rows, heads · width]`, each head normalised and its first numbers rotated; a
/// norm may also be of all heads together.
pub(crate) fn normed_and_rotated(
    q: HeadRows<'_>,
    k: HeadRows<'_>,
    angles: &Angles,
) -> Result<(Tensor, Tensor)> {
    if has_kernels(q.x) && cuda::norms_and_rotates(q, k, angles.cos.dim(1)?, angles.pairs)? {
        let (q_x, k_x) = (q.x.contiguous()?, k.x.contiguous()?);
        let tables = (&angles.cos, &angles.sin);
        let (q, k) = (HeadRows { x: &q_x, ..q }, HeadRows { x: &k_x, ..k });
        return cuda::norm_and_rotate(q, k, tables, angles.pairs);
    }
    let one = |of: HeadRows<'_>| rotate(&rms_norm(of.x, of.weight, of.eps)?, of.heads, 0, angles);
    Ok((one(q)?, one(k)?))
}

/// Rotates all numbers of `[rows, heads, 2 · pairs]`.
fn turn(x: &Tensor, angles: &Angles) -> Result<Tensor> {
    let (rows, heads, width) = x.dims3()?;
    let each = width / 2;
    let (split, axis) = match angles.pairs {
        Pairs::Halves => ((rows, heads, 2, each), 2),
        Pairs::Neighbours => ((rows, heads, each, 2), 3),
    };
    let split = x.reshape(split)?;
    let (a, b) =
        (split.narrow(axis, 0, 1)?.squeeze(axis)?, split.narrow(axis, 1, 1)?.squeeze(axis)?);
    let (cos, sin) = (angles.cos.unsqueeze(1)?, angles.sin.unsqueeze(1)?);
    let turned_a = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
    let turned_b = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
    Tensor::stack(&[turned_a, turned_b], axis)?.reshape((rows, heads, width))
}
