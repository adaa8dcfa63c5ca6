//! Granite MoE (Granite 3 "A400M" and "A800M"; power scheduling, arXiv:2408.13359), as
//! `modeling_granitemoe.py` of transformers computes it.
//!
//! Grouped-query attention scaled by `attention_multiplier`, then routed SwiGLU experts in every
//! layer; embeddings, residual additions and logits are multiplied or divided by constants. There is
//! no shared expert.
//!
//! The top k of the router's logits are chosen and weighed by a softmax over them alone, which are the
//! shares that they have of a softmax over all; that one is recorded as the scores.

use super::Family;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, MoeNames, Part};
use crate::checkpoint::{Dim, ExpertNames};
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "granitemoe",
    architecture: "GraniteMoeForCausalLM",
    models: "Granite 3 1B-A400M, 3B-A800M",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "intermediate_size",
};

const NAMES: MoeNames = MoeNames {
    router: "router.layer",
    router_bias: false,
    correction: None,
    experts: ExpertNames {
        path: "",
        up: &[],
        stacked_up: "input_linear.weight",
        stacked_down: "output_linear.weight",
        ..ExpertNames::SWIGLU
    },
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let common = multiplied(config);
    let moe = experts(config, common.backbone.hidden());
    common.decoder(FAMILY.name, &["block_sparse_moe"], |_| Part::Routed(moe.clone()))
}

/// A Transformer with Granite's constants.
pub(super) fn multiplied(config: &ConfigReader) -> Common {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: None });
    let constant = |key| config.positive_or(&[key], 1.0) as f32;
    common.attention.scale = constant("attention_multiplier");
    common.backbone.embedding_scale = constant("embedding_multiplier");
    common.backbone.logit_divisor = constant("logits_scaling");
    common.residual_scale = constant("residual_multiplier");
    common
}

/// Router and experts of a layer.
pub(super) fn experts(config: &ConfigReader, hidden: Dim) -> MoeConfig {
    let moe = MoeConfig::read(config, hidden, KEYS, |top_k| Rule::softmax(top_k, true));
    MoeConfig { names: NAMES, ..moe }
}
