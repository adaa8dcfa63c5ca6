//! Qwen3-MoE (arXiv:2505.09388), as `modeling_qwen3_moe.py` of transformers computes it.
//!
//! Every layer is grouped-query attention with RMS-normalised query and key heads, then routed
//! SwiGLU experts; layers named by `mlp_only_layers` or skipped by `decoder_sparse_step` have one
//! dense SwiGLU network instead. There is no shared expert. With `use_sliding_window` every layer
//! sees a window only.
//!
//! The router scores all experts by softmax in f32 and takes the top k; with `norm_topk_prob` the
//! weights are the chosen scores divided by their sum. Scores sum to 1.

use super::Family;
use super::parts::{
    Common, DecoderConfig, Keys, MoeConfig, NetworkConfig, Norms, Part, sparse_layers, windows,
};
use crate::checkpoint::Dim;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3_moe",
    architecture: "Qwen3MoeForCausalLM",
    models: "Qwen3-30B-A3B, 235B-A22B",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_experts", "num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "moe_intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: None });
    common.attention.norms = Norms::Heads;
    if config.flag_or(&["use_sliding_window"], false) {
        common.windows = windows(config, common.backbone.layers, |_| true);
    }
    let normalise = config.flag_or(&["norm_topk_prob"], false);
    let rule = |top_k| Rule::softmax(top_k, normalise);
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    let dense = Dim::new(config.size_or(&["intermediate_size"], 6144), "intermediate_size");
    let sparse = sparse_layers(config, common.backbone.layers);
    common.decoder(FAMILY.name, &["mlp"], |n| match sparse.contains(&n) {
        true => Part::Routed(moe.clone()),
        false => Part::Dense(NetworkConfig::swiglu(dense)),
    })
}
