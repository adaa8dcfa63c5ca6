//! Keys and values of multi-head latent attention.

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;

use super::host::on_host;
use crate::kernels::host::{host, tensor};

/// Takes `[key part | value]` of every head apart and gives all heads the row's rotated key part.
///
/// `expanded` is `[rows, heads · (nope + value)]`, `position` is `[rows, rope]`. Returns keys
/// `[rows, heads · (nope + rope)]` and values `[rows, heads · value]`.
pub(crate) fn keys_and_values(
    expanded: &Tensor,
    position: &Tensor,
    heads: usize,
    nope: usize,
) -> Result<(Tensor, Tensor)> {
    let (rows, rope) = position.dims2()?;
    let value = expanded.dim(1)? / heads - nope;
    if on_host(expanded) {
        let (k, v) = assemble(&host(expanded)?, &host(position)?, heads, [nope, rope, value]);
        return Ok((tensor(k, rows, heads * (nope + rope))?, tensor(v, rows, heads * value)?));
    }
    let expanded = expanded.reshape((rows, heads, nope + value))?;
    let position = position.reshape((rows, 1, rope))?.broadcast_as((rows, heads, rope))?;
    let k = Tensor::cat(&[expanded.narrow(D::Minus1, 0, nope)?, position], D::Minus1)?;
    let v = expanded.narrow(D::Minus1, nope, value)?.contiguous()?;
    Ok((k.reshape((rows, heads * (nope + rope)))?, v.reshape((rows, heads * value))?))
}

fn assemble(
    expanded: &[f32],
    position: &[f32],
    heads: usize,
    [nope, rope, value]: [usize; 3],
) -> (Vec<f32>, Vec<f32>) {
    let rows = position.len() / rope;
    let mut k = vec![0.0; rows * heads * (nope + rope)];
    let mut v = vec![0.0; rows * heads * value];
    let targets = k.par_chunks_mut(nope + rope).zip(v.par_chunks_mut(value));
    let sources = expanded.par_chunks(nope + value).enumerate();
    targets.zip(sources).with_min_len(64).for_each(|((k, v), (head, source))| {
        k[..nope].copy_from_slice(&source[..nope]);
        k[nope..].copy_from_slice(&position[head / heads * rope..][..rope]);
        v.copy_from_slice(&source[nope..]);
    });
    (k, v)
}
