//! Between the two products of a network, and gates.

use candle_core::{D, Result, Tensor};

use super::host::{has_kernels, on_host};
use super::placement::wide;
use crate::cuda;
use crate::kernels::activation::Activation;
use crate::kernels::host::{host, tensor};
use crate::kernels::vector;

/// Applies an activation to `[rows, outer]`, which gives `[rows, inner]`.
pub(crate) fn activate(x: &Tensor, activation: Activation, inner: usize) -> Result<Tensor> {
    if on_host(x) {
        return tensor(activation.apply(host(x)?.to_vec(), inner), x.dim(0)?, inner);
    }
    if has_kernels(x) {
        return cuda::activate(&x.contiguous()?, activation, inner);
    }
    let rows = x.to_dtype(wide(x.dtype()))?;
    let (gate, up) = (|| rows.narrow(D::Minus1, 0, inner), || rows.narrow(D::Minus1, inner, inner));
    let out = match activation {
        Activation::ReluSquared => rows.relu()?.sqr()?,
        Activation::SwiGlu => (gate()?.silu()? * up()?)?,
        Activation::GeGlu => (gate()?.gelu()? * up()?)?,
        Activation::ClampedSwiGlu { alpha, limit } => {
            let gate = gate()?.minimum(f64::from(limit))?;
            let up = up()?.clamp(-f64::from(limit), f64::from(limit))?;
            let turned = (&gate * sigmoid(&gate.affine(alpha.into(), 0.0)?)?)?;
            (turned * up.affine(1.0, 1.0)?)?
        }
    };
    out.to_dtype(x.dtype())
}

/// `x` times the sigmoid of `gate`, which is as wide or one number a row.
pub(crate) fn gated(x: &Tensor, gate: &Tensor) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    if has_kernels(x) {
        return cuda::gated(&x.contiguous()?, &gate.to_dtype(x.dtype())?.contiguous()?);
    }
    if !on_host(x) {
        let gate = sigmoid(&gate.to_dtype(wide(x.dtype()))?)?.to_dtype(x.dtype())?;
        return x.broadcast_mul(&gate);
    }
    let (mut out, mut gates) = (host(x)?.to_vec(), host(gate)?.to_vec());
    vector::sigmoid(&mut gates);
    match gates.len() == rows {
        true => out.chunks_mut(width).zip(&gates).for_each(|(row, &g)| vector::scale(row, g)),
        false => out.iter_mut().zip(&gates).for_each(|(x, gate)| *x *= gate),
    }
    tensor(out, rows, width)
}

/// `x` times the SiLU of `gate`, which is as wide.
pub(crate) fn silu_gated(x: &Tensor, gate: &Tensor) -> Result<Tensor> {
    if has_kernels(x) {
        return cuda::silu_gated(&x.contiguous()?, &gate.to_dtype(x.dtype())?.contiguous()?);
    }
    if !on_host(x) {
        return x * gate.silu()?;
    }
    let (rows, width) = x.dims2()?;
    let (mut out, mut gate) = (host(x)?.to_vec(), host(gate)?.to_vec());
    vector::silu(&mut gate);
    out.iter_mut().zip(&gate).for_each(|(x, gate)| *x *= gate);
    tensor(out, rows, width)
}

fn sigmoid(x: &Tensor) -> Result<Tensor> {
    x.neg()?.exp()?.affine(1.0, 1.0)?.recip()
}
