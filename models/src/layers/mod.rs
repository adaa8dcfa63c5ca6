//! The pieces that families are assembled from.
//!
//! A model is a stack of residual units `x += mixer(norm(x))`; attention, feed-forward networks,
//! routed experts and Mamba mixers are all [`Mixer`]s. Pieces hold candle tensors and pass them on;
//! the arithmetic behind them is in `kernels/`.

mod attention;
mod decoder;
mod experts;
mod forest;
mod head;
mod latent_attention;
mod linear;
mod mamba;
mod mlp;
mod moe;
mod norm;
mod rotary;
mod router;

pub(crate) use attention::{Attention, AttentionShape, HeadNorms};
pub(crate) use decoder::{Decoder, Layer, Mixer};
pub(crate) use experts::Experts;
pub(crate) use head::Head;
pub(crate) use latent_attention::{LatentAttention, LatentShape, QueryPath};
pub(crate) use linear::{Embedding, Linear};
pub(crate) use mamba::{Mamba, MambaShape};
pub(crate) use mlp::Mlp;
pub(crate) use moe::{Moe, SharedExpert};
pub(crate) use norm::RmsNorm;
pub(crate) use rotary::{Angles, Rotary};
pub(crate) use router::{Groups, Router, Rule};
