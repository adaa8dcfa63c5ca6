//! The pieces that families are assembled from.
//!
//! A model is a stack of residual units `x += mixer(norm(x))`; attention, feed-forward networks,
//! routed experts and Mamba mixers are all [`Mixer`]s. Pieces hold weights and say what is done with
//! them; how, and on which device, is in `ops/`.

mod attention;
mod decoder;
mod delta_net;
mod experts;
mod head;
mod latent_attention;
mod linear;
mod mamba;
mod mlp;
mod moe;
mod norm;
mod rotary;
mod router;
mod rule;

pub(crate) use attention::{Attention, AttentionShape, HeadNorms};
pub(crate) use decoder::{Decoder, Layer, Mixer};
pub(crate) use delta_net::DeltaNet;
pub(crate) use experts::Experts;
pub(crate) use head::Head;
pub(crate) use latent_attention::{LatentAttention, LatentShape, QueryPath};
pub(crate) use linear::{Embedding, Linear};
pub(crate) use mamba::Mamba;
pub(crate) use mlp::Mlp;
pub(crate) use moe::{Moe, SharedExpert};
pub(crate) use norm::{LayerNorm, Norm, RmsNorm};
pub(crate) use rotary::Rotary;
pub(crate) use router::Router;
pub(crate) use rule::{Divisor, Groups, Rule, Weighing};
