//! Qwen1.5-MoE and Qwen2-MoE (arXiv:2407.10671), as `modeling_qwen2_moe.py` of transformers
//! computes them.
//!
//! Grouped-query attention with biases on queries, keys and values; routed SwiGLU experts beside a
//! shared one whose output is multiplied by the sigmoid of a projection to one number. Layers named
//! by `mlp_only_layers` or skipped by `decoder_sparse_step` are dense. With `use_sliding_window`
//! every second layer, beginning with the first, up to `max_window_layers` sees a window only.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are the chosen
//! scores, divided by their sum only with `norm_topk_prob`. Scores sum to 1.

use super::Family;
use super::parts::{
    Common, DecoderConfig, Keys, MoeConfig, NetworkConfig, Part, SharedConfig, sparse_layers,
    windows,
};
use crate::checkpoint::Dim;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen2_moe",
    architecture: "Qwen2MoeForCausalLM",
    models: "Qwen1.5-MoE-A2.7B, Qwen2-57B-A14B",
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
    common.attention.qkv_bias = config.flag_or(&["qkv_bias"], true);
    common.attention.output_bias = false;
    if config.flag_or(&["use_sliding_window"], false) {
        let upto = config.count_or(&["max_window_layers"], 28);
        common.windows = windows(config, common.backbone.layers, |n| n % 2 == 0 && n < upto);
    }
    let normalise = config.flag_or(&["norm_topk_prob"], false);
    let rule = |top_k| Rule::softmax(top_k, normalise);
    let shared = SharedConfig {
        count: 1,
        network: NetworkConfig::swiglu_of(config, "shared_expert_intermediate_size"),
        path: "shared_expert",
        gate: Some("shared_expert_gate"),
    };
    let moe = MoeConfig {
        shared: Some(shared),
        ..MoeConfig::read(config, common.backbone.hidden(), KEYS, rule)
    };
    let dense = Dim::new(config.size_or(&["intermediate_size"], 5632), "intermediate_size");
    let sparse = sparse_layers(config, common.backbone.layers);
    common.decoder(FAMILY.name, &["mlp"], |n| match sparse.contains(&n) {
        true => Part::Routed(moe.clone()),
        false => Part::Dense(NetworkConfig::swiglu(dense)),
    })
}
