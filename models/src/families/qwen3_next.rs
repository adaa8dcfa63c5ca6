//! Qwen3-Next (Qwen, 2025; no paper), as `modeling_qwen3_next.py` of transformers computes it.
//!
//! Gated DeltaNet layers (arXiv:2412.06464) and, at every `full_attention_interval`-th or as
//! `layer_types` says, grouped-query attention whose output is multiplied by the sigmoid of a gate,
//! with RMS-normalised heads rotated in part. Each is followed by routed SwiGLU experts beside a
//! shared one that is gated by a sigmoid, or by a dense network in the layers of `mlp_only_layers`.
//! Norms of the residual stream and of heads multiply by one plus their weight.
//!
//! The router scores all experts by softmax in f32 and takes the top k; with `norm_topk_prob` the
//! weights are the chosen scores divided by their sum. Scores sum to 1.

use super::Family;
use super::parts::{
    Common, DecoderConfig, DeltaConfig, DeltaInputs, Keys, LayerConfig, MoeConfig, NetworkConfig,
    NormKind, Norms, Part, SharedConfig, Spare, layer_types, sparse_layers,
};
use crate::checkpoint::Dim;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "qwen3_next",
    architecture: "Qwen3NextForCausalLM",
    models: "Qwen3-Next-80B-A3B",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_experts", "num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "moe_intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let normalise = config.flag_or(&["norm_topk_prob"], true);
    let dense = Dim::new(config.size_or(&["intermediate_size"], 5632), "intermediate_size");
    let layers = config.size_or(&["num_hidden_layers"], 1);
    let sparse = sparse_layers(config, layers);
    hybrid(config, FAMILY.name, DeltaInputs::ByKeyHead, normalise, |n| {
        (!sparse.contains(&n)).then(|| NetworkConfig::swiglu(dense))
    })
}

/// Gated DeltaNet and gated attention, then experts or what `dense` gives for the layer.
pub(super) fn hybrid(
    config: &ConfigReader,
    family: &'static str,
    inputs: DeltaInputs,
    normalise: bool,
    dense: impl Fn(usize) -> Option<NetworkConfig>,
) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 10_000.0, partial: Some(0.25) });
    common.backbone.norms = NormKind::RmsPlusOne;
    common.spare = Spare::Mtp;
    common.attention.norms = Norms::Heads;
    (common.attention.plus_one, common.attention.gated) = (true, true);
    let (hidden, eps) = (common.backbone.hidden(), common.backbone.eps);
    let delta = DeltaConfig::read(config, hidden, eps, inputs);
    let moe = experts(config, hidden, normalise);
    let attends = attention_layers(config, common.backbone.layers);
    let layer = |n: usize| {
        let (path, first): (&'static [&'static str], _) = match attends[n] {
            true => (&["self_attn"], Part::Attention(common.attention.clone())),
            false => (&["linear_attn"], Part::Delta(delta.clone())),
        };
        let second = dense(n).map_or_else(|| Part::Routed(moe.clone()), Part::Dense);
        LayerConfig::new().then("input_layernorm", path, first).then(
            "post_attention_layernorm",
            &["mlp"],
            second,
        )
    };
    let layers = (0..common.backbone.layers).map(layer).collect();
    common.decoder_of(family, layers)
}

fn experts(config: &ConfigReader, hidden: Dim, normalise: bool) -> MoeConfig {
    let shared = SharedConfig {
        count: 1,
        network: NetworkConfig::swiglu_of(config, "shared_expert_intermediate_size"),
        path: "shared_expert",
        gate: Some("shared_expert_gate"),
    };
    let rule = |top_k| Rule::softmax(top_k, normalise);
    MoeConfig { shared: Some(shared), ..MoeConfig::read(config, hidden, KEYS, rule) }
}

/// Whether each layer attends.
fn attention_layers(config: &ConfigReader, layers: usize) -> Vec<bool> {
    let interval = config.size_or(&["full_attention_interval"], 4);
    match layer_types(config, layers, &["linear_attention", "full_attention"]) {
        Some(types) => types.iter().map(|kind| kind == "full_attention").collect(),
        None => (0..layers).map(|n| (n + 1) % interval == 0).collect(),
    }
}
