//! The parts that families are described with: what `config.json` says, and how it is loaded.
//!
//! A family's file turns its keys into a [`DecoderConfig`]: layers of residual units, each with an
//! attention, a recurrent mixer, a dense network or routed experts. Everything else follows from that
//! description: the shape, the tensors asked for, the model.

mod attention;
mod backbone;
mod common;
mod decoder;
mod delta;
mod latent;
mod mamba;
mod moe;
mod network;

pub(super) use attention::{AttentionConfig, Norms, layer_types, windows};
pub(super) use backbone::{Backbone, MOST_LAYERS, NormKind, Outer};
pub(super) use common::{Common, expect_activation, sparse_layers};
pub(crate) use decoder::DecoderConfig;
pub(super) use decoder::{LayerConfig, Part, Rotation, Spare};
pub(super) use delta::{DeltaConfig, DeltaInputs};
pub(super) use latent::LatentConfig;
pub(super) use mamba::{MambaConfig, MambaKeys};
pub(super) use moe::{Keys, MoeConfig, MoeNames, SharedConfig, group_limits, sigmoid_rule};
pub(super) use network::{NetworkConfig, NetworkNames};
