//! Model families: one file each, and the list that `config.json` picks from.
//!
//! A family reads its keys, states its shape and assembles a [`Decoder`](crate::layers::Decoder)
//! from `layers/`. To add one: write its file with a `FAMILY` constant, list it here, and add its
//! reference to the tests.

mod backbone;
mod blocks;
mod deepseek_v3;
mod llama;
mod mixtral;
mod nemotron_h;
mod olmoe;
mod qwen2_moe;
mod qwen3;
mod qwen3_moe;
mod select;
mod transformer;

pub(crate) use select::{Family, FamilyConfig, select};

/// Every family, in the order that messages list them.
pub(crate) const FAMILIES: &[&Family] = &[
    &qwen3_moe::FAMILY,
    &nemotron_h::FAMILY,
    &mixtral::FAMILY,
    &olmoe::FAMILY,
    &qwen2_moe::FAMILY,
    &deepseek_v3::FAMILY,
    &qwen3::FAMILY,
    &llama::FAMILY,
];
