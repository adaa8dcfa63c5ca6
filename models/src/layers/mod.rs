//! The pieces that families are assembled from.
//!
//! A model is a stack of residual units `x += mixer(norm(x))`; attention, feed-forward networks,
//! routed experts and Mamba mixers are all [`Mixer`]s. Pieces hold candle tensors and pass them on;
//! the arithmetic behind them is in `kernels/`.

mod attention;
mod decoder;
mod delta_net;
mod experts;
mod forest;
mod head;
mod latent_attention;
mod linear;
mod mamba;
mod mlp;
mod moe;
mod norm;
mod recurrence;
mod rotary;
mod router;
mod rule;

pub(crate) use attention::{Attention, AttentionShape, HeadNorms};
pub(crate) use decoder::{Decoder, Layer, Mixer};
pub(crate) use delta_net::{DeltaNet, delta_memory};
pub(crate) use experts::{ExpertBiases, Experts};
pub(crate) use head::Head;
pub(crate) use latent_attention::{LatentAttention, LatentShape, QueryPath};
pub(crate) use linear::{Embedding, Linear};
pub(crate) use mamba::{Mamba, MambaShape};
pub(crate) use mlp::Mlp;
pub(crate) use moe::{Moe, SharedExpert};
pub(crate) use norm::{LayerNorm, Norm, RmsNorm};
pub(crate) use rotary::{Angles, Rotary};
pub(crate) use router::Router;
pub(crate) use rule::{Divisor, Groups, Rule, Weighing};
