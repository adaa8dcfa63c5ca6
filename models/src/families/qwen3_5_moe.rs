//! The text model of Qwen3.5-MoE (Qwen, 2026; no paper), as `modeling_qwen3_5_moe.py` of transformers
//! computes it for text.
//!
//! Qwen3-Next with the projections of its Gated DeltaNet layers in tensors of their own, experts in
//! every layer, and weights that are always the chosen scores divided by their sum. Checkpoints that
//! also hold a vision part are not read.

use super::Family;
use super::parts::{DecoderConfig, DeltaInputs};
use super::qwen3_next::hybrid;
use crate::config::ConfigReader;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3_5_moe",
    architecture: "Qwen3_5MoeForCausalLM",
    models: "Qwen3.5-MoE saved as a text model",
    published_with_code: false,
    read,
};

fn read(config: &ConfigReader) -> DecoderConfig {
    hybrid(config, FAMILY.name, DeltaInputs::Apart, true, |_| None)
}
