//! What is done to every number of a matrix by itself. Results have the type of `x`, bf16 or f32, and
//! are rounded once.

use candle_core::{Error, Result, Tensor};

use super::activation::Code;
use super::{Buffer, Launch, Module, by_type, module};
use crate::kernels::activation::Activation;
use crate::kernels::rotary::Pairs;

const ELEMENTWISE: Module = module!("elementwise");
/// Threads of a block.
const THREADS: usize = 256;
/// Numbers that one block does.
const NUMBERS: usize = 8 * THREADS;

/// A matrix of the type of `read`'s first, written by a kernel that reads some tensors and then takes
/// `arguments`.
fn written(
    kernel: &'static str,
    read: &[&Tensor],
    (rows, width): (usize, usize),
    arguments: impl for<'a> FnOnce(Launch<'a>) -> Launch<'a>,
) -> Result<Tensor> {
    let x = read[0];
    let numbers = rows * width;
    let mut out = Buffer::new(x.device(), x.dtype(), numbers)?;
    if numbers > 0 {
        let launch = Launch::new(ELEMENTWISE, kernel, numbers.div_ceil(NUMBERS), THREADS);
        let launch = read.iter().fold(launch, |launch, tensor| launch.tensor(tensor));
        let launch = launch.buffer(&mut out).count(rows).count(width);
        arguments(launch).run(x.device())?;
    }
    out.into_tensor((rows, width))
}

/// Rotates, in every head of `[rows, heads · width]`, the numbers from `first` on by the row's angles:
/// `cos` and `sin` are f32 `[rows, angles]`.
pub(crate) fn rotate(
    x: &Tensor,
    heads: usize,
    first: usize,
    (cos, sin): (&Tensor, &Tensor),
    pairs: Pairs,
) -> Result<Tensor> {
    let ((rows, cols), angles) = (x.dims2()?, cos.dim(1)?);
    let kernel = by_type("rotate_f32", "rotate_bf16", x)?;
    written(kernel, &[x, cos, sin], (rows, cols), |launch| {
        let launch = launch.count(cols / heads).count(first).count(angles);
        launch.count(usize::from(pairs == Pairs::Neighbours))
    })
}

/// Applies an activation to `[rows, outer]`, which gives `[rows, inner]`.
pub(crate) fn activate(x: &Tensor, activation: Activation, inner: usize) -> Result<Tensor> {
    let (rows, outer) = x.dims2()?;
    if outer != activation.outer(inner) {
        return Err(Error::msg(format!("{activation:?} of {outer} numbers does not give {inner}")));
    }
    let Code { number, alpha, limit } = Code::of(activation);
    let kernel = by_type("activate_f32", "activate_bf16", x)?;
    written(kernel, &[x], (rows, inner), |launch| launch.count(number).float(alpha).float(limit))
}

/// `x` times the sigmoid of `gate`, of the same type, which is as wide or one number a row.
pub(crate) fn gated(x: &Tensor, gate: &Tensor) -> Result<Tensor> {
    gated_by(x, gate, false)
}

/// `x` times the SiLU of `gate`, of the same type, which is as wide.
pub(crate) fn silu_gated(x: &Tensor, gate: &Tensor) -> Result<Tensor> {
    gated_by(x, gate, true)
}

fn gated_by(x: &Tensor, gate: &Tensor, silu: bool) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let gates = gate.elem_count();
    if gate.dtype() != x.dtype() || (gates != rows && gates != rows * width) {
        return Err(Error::msg(format!("{gate:?} is no gate of {x:?}")));
    }
    let each = if gates == rows { width } else { 1 };
    let kernel = by_type("gate_f32", "gate_bf16", x)?;
    written(kernel, &[x, gate], (rows, width), |launch| launch.count(each).count(silu.into()))
}

/// `x + scale · change`, both of the same type and shape.
pub(crate) fn add(x: &Tensor, change: &Tensor, scale: f32) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    if change.dtype() != x.dtype() || change.dims() != x.dims() {
        return Err(Error::msg(format!("{change:?} cannot be added to {x:?}")));
    }
    let kernel = by_type("add_f32", "add_bf16", x)?;
    written(kernel, &[x, change], (rows, width), |launch| launch.float(scale))
}

#[cfg(test)]
#[path = "tests/elementwise.rs"]
mod tests;
