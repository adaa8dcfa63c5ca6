//! Kernels for NVIDIA GPUs: what the layers run where tensors lie on one.
//!
//! Each module wraps the kernels of one file under `kernels/` as functions over tensors, beside the
//! functions of `crate::kernels` on slices, which are their twins. No function waits for the device
//! unless it says so.
//!
//! The kernels' sources also compile for a CPU (`kernels/emulation/`): in this crate's own tests,
//! tensors in host memory run them there, through the same wrappers, and are compared with the twins.

mod activation;
mod attention;
mod buffer;
pub(crate) mod card;
#[cfg(feature = "cuda")]
mod device;
mod elementwise;
#[cfg(test)]
pub(crate) mod emulator;
mod experts;
mod head;
mod heads;
mod launch;
mod linear;
mod mamba;
#[cfg(feature = "cuda")]
mod matrix;
mod norm;
mod route;
mod sort;
mod sums;
#[cfg(test)]
pub(crate) mod testing;
mod tile;

use candle_core::{DType, Error, Result, Tensor};

pub(crate) use attention::{Plan, Stretch, attend, attends};
pub(crate) use buffer::Buffer;
pub(crate) use elementwise::{activate, add, gated, rotate, silu_gated};
#[cfg(test)]
pub(crate) use emulator::needs_emulator;
pub(crate) use experts::{mix, mixes};
pub(crate) use head::{predict, predicts};
pub(crate) use heads::{HeadRows, norm_and_rotate, norms_and_rotates};
pub(crate) use launch::{Launch, Module, module, multiprocessors};
pub(crate) use linear::{linear_exactly, multiplies_exactly};
pub(crate) use mamba::{Before, Scanned, mamba, scans};
pub(crate) use norm::{finite_rows, grouped_norm, rms_norm};
pub(crate) use route::{Routed, can_route, route};
pub(crate) use sums::DeviceSums;

/// Of a kernel's two names the one for the type of `x`, f32 or bf16.
fn by_type(f32: &'static str, bf16: &'static str, x: &Tensor) -> Result<&'static str> {
    match x.dtype() {
        DType::F32 => Ok(f32),
        DType::BF16 => Ok(bf16),
        other => Err(Error::msg(format!("kernels take f32 and bf16, not {other:?}"))),
    }
}
