//! GLM-4.5 and GLM-4.6 (arXiv:2508.06471), as `modeling_glm4_moe.py` of transformers computes them.
//!
//! Grouped-query attention that rotates half of each head, with biases on queries, keys and values
//! under `attention_bias` and RMS-normalised query and key heads under `use_qk_norm`; the first
//! `first_k_dense_replace` layers have a dense SwiGLU network, the others routed SwiGLU experts
//! beside ungated shared ones.
//!
//! The router is DeepSeek-V3's: sigmoid scores, a correction and group limits for the choice only.
//! Scores do not sum to 1.

use super::Family;
use super::deepseek_v3::shared_experts;
use super::parts::{
    Common, DecoderConfig, Keys, MoeConfig, MoeNames, NetworkConfig, Norms, Part, Spare,
    sigmoid_rule,
};
use crate::config::{ConfigReader, RopeDefaults};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "glm4_moe",
    architecture: "Glm4MoeForCausalLM",
    models: "GLM-4.5, 4.5-Air, 4.6",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["n_routed_experts", "num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "moe_intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: Some(0.5) });
    common.attention.output_bias = false;
    common.spare = Spare::LaterLayers;
    if config.flag_or(&["use_qk_norm"], false) {
        common.attention.norms = Norms::Heads;
    }
    let rule = |top_k| sigmoid_rule(config, top_k, 1.0);
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    let shared = shared_experts(config, moe.sizes.inner, 1);
    let moe = MoeConfig { names: MoeNames::CORRECTED, shared, ..moe };
    let dense = NetworkConfig::swiglu_of(config, "intermediate_size");
    let dense_layers = config.count_or(&["first_k_dense_replace"], 1);
    common.decoder(FAMILY.name, &["mlp"], |n| match n < dense_layers {
        true => Part::Dense(dense.clone()),
        false => Part::Routed(moe.clone()),
    })
}
