//! Model families: one file each, and the list that `config.json` picks from.
//!
//! A family reads its keys, states its shape and assembles a [`Decoder`](crate::layers::Decoder)
//! from `layers/`. To add one: write its file with a `FAMILY` constant, list it here, and add its
//! reference to the tests.

mod backbone;
mod qwen3_moe;
mod select;

pub(crate) use select::{Family, FamilyConfig, select};

/// Every family, in the order that messages list them.
pub(crate) const FAMILIES: &[&Family] = &[&qwen3_moe::FAMILY];
