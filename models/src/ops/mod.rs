//! What layers ask for, wherever their numbers lie.
//!
//! A layer names an operation and hands over tensors; the operation looks where they lie. f32 in host
//! memory goes to `kernels/`, whose arithmetic is this project's own. Everything else, which is to say
//! an accelerator, is composed of candle's operations, and on NVIDIA GPUs the costly compositions are
//! replaced by the sources under `kernels/*.cu`. So a model has one description in `layers/` and runs
//! on every device; what has no form of its own on a device takes the way through host memory.
//!
//! candle's operations run on the CPU too, in f64 and bf16: that is how tests see the compositions
//! without an accelerator ([`ComputeDevice::Portable`](crate::ComputeDevice::Portable)).

mod activation;
mod attention;
mod delta;
mod experts;
mod forest;
mod head;
mod host;
mod latent;
mod matrix;
mod norm;
mod placement;
mod planned;
mod recurrence;
mod rotary;
mod router;
mod scan;
mod scan_composed;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use activation::{activate, gated, silu_gated};
pub(crate) use attention::attend;
pub(crate) use delta::{DeltaParameters, DeltaRows, delta, delta_memory};
pub(crate) use experts::{ExpertBiases, Stack, mix};
pub(crate) use head::predict;
pub(crate) use host::on_host;
pub(crate) use latent::keys_and_values;
pub(crate) use matrix::{Matrix, embed, linear, linear_exactly};
pub(crate) use norm::{grouped_norm, layer_norm, rms_norm};
pub(crate) use placement::Placement;
pub(crate) use planned::Plans;
pub(crate) use rotary::{Angles, HeadRows, normed_and_rotated, rotate};
pub(crate) use router::{Decision, route};
pub(crate) use scan::{MambaParameters, MambaShape, mamba};
pub(crate) use stream::{add, all_finite, finite_rows, gather_rows};
