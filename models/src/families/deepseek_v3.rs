//! DeepSeek-V3 (arXiv:2412.19437), as `modeling_deepseek_v3.py` of transformers computes it.
//!
//! Multi-head latent attention, sharpened where YaRN stretches positions; the first
//! `first_k_dense_replace` layers have a dense SwiGLU network, the others routed SwiGLU experts
//! beside ungated shared ones (one network of their joint width).
//!
//! The router scores experts by sigmoid in f32. The choice adds a correction to the scores, keeps
//! the groups with the largest sums of their two best experts, and takes the top k inside them; the
//! weights are the uncorrected scores, divided by their sum + 1e-20 with `norm_topk_prob`, times
//! `routed_scaling_factor`. Scores do not sum to 1.

use super::Family;
use super::parts::{
    Backbone, DecoderConfig, Keys, LatentConfig, LayerConfig, MoeConfig, MoeNames, NetworkConfig,
    Outer, Part, Rotation, SharedConfig, Spare, expect_activation, sigmoid_rule,
};
use crate::checkpoint::Dim;
use crate::config::{ConfigReader, RopeConfig, RopeDefaults};
use crate::kernels::rotary::Pairs;
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "deepseek_v3",
    architecture: "DeepseekV3ForCausalLM",
    models: "DeepSeek-V3, R1, V3.1 (as bf16)",
    published_with_code: true,
    read,
};

const KEYS: Keys = Keys {
    experts: &["n_routed_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "moe_intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let interleaved = config.flag_or(&["rope_interleave"], true);
    let pairs = if interleaved { Pairs::Neighbours } else { Pairs::Halves };
    let names = MoeNames::CORRECTED;
    let rule = |top_k| sigmoid_rule(config, top_k, 2.5);
    let defaults = LatentDefaults { dense_layers: 3, shared_experts: 1 };
    latent_decoder(config, FAMILY.name, pairs, names, defaults, rule)
}

/// What the DeepSeek families take where the config is silent.
#[derive(Clone, Copy)]
pub(super) struct LatentDefaults {
    pub(super) dense_layers: usize,
    pub(super) shared_experts: usize,
}

/// Latent attention, then a dense network or routed experts beside shared ones: the two DeepSeeks.
pub(super) fn latent_decoder(
    config: &ConfigReader,
    family: &'static str,
    pairs: Pairs,
    names: MoeNames,
    defaults: LatentDefaults,
    rule: impl Fn(usize) -> Rule,
) -> DecoderConfig {
    expect_activation(config, &["hidden_act"], "silu");
    let backbone = Backbone::read(config);
    let rope = RopeConfig::read(config, RopeDefaults { base: 10_000.0, partial: None });
    let attention = LatentConfig::read(config, backbone.hidden(), &rope);
    let moe = MoeConfig { names, ..MoeConfig::read(config, backbone.hidden(), KEYS, rule) };
    let moe = MoeConfig {
        shared: shared_experts(config, moe.sizes.inner, defaults.shared_experts),
        ..moe
    };
    let dense = NetworkConfig::swiglu_of(config, "intermediate_size");
    let dense_layers = config.count_or(&["first_k_dense_replace"], defaults.dense_layers);
    let layer = |n: usize| {
        let network = match n < dense_layers {
            true => Part::Dense(dense.clone()),
            false => Part::Routed(moe.clone()),
        };
        LayerConfig::new()
            .then("input_layernorm", &["self_attn"], Part::Latent(attention.clone()))
            .then("post_attention_layernorm", &["mlp"], network)
    };
    DecoderConfig {
        family,
        layers: (0..backbone.layers).map(layer).collect(),
        rotations: vec![Rotation { rope, width: attention.shape.rope, pairs }],
        outer: Outer::USUAL,
        residual_scale: 1.0,
        spare: Spare::LaterLayers,
        backbone,
    }
}

/// `n_shared_experts` ungated experts of `inner` numbers each, as one network.
pub(super) fn shared_experts(
    config: &ConfigReader,
    inner: Dim,
    default: usize,
) -> Option<SharedConfig> {
    let count = config.count_or(&["n_shared_experts"], default);
    let width =
        Dim::new(inner.size.saturating_mul(count), "moe_intermediate_size × n_shared_experts");
    let network = NetworkConfig::swiglu(width);
    (count > 0).then_some(SharedConfig { count, network, path: "shared_experts", gate: None })
}
