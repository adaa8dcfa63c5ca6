//! OLMoE (arXiv:2409.02060), as `modeling_olmoe.py` of transformers computes it.
//!
//! Queries and keys are RMS-normalised over their whole width, before they are split into heads and
//! rotated; `clip_qkv` then bounds queries, keys and values. Every layer has routed SwiGLU experts
//! of width `intermediate_size`, and no shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are the chosen
//! scores, divided by their sum only with `norm_topk_prob`. Scores sum to 1.

use super::Family;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, Norms, Part};
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "olmoe",
    architecture: "OlmoeForCausalLM",
    models: "OLMoE-1B-7B",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_experts", "num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: None });
    common.attention.norms = Norms::Whole;
    let clip = || config.positive_or(&["clip_qkv"], 1.0) as f32;
    common.attention.clip = config.has(&["clip_qkv"]).then(clip);
    let normalise = config.flag_or(&["norm_topk_prob"], false);
    let rule = |top_k| Rule::softmax(top_k, normalise);
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    common.decoder(FAMILY.name, &["mlp"], |_| Part::Routed(moe.clone()))
}
