//! Gemma 3, text (arXiv:2503.19786), as `modeling_gemma3.py` of transformers computes it.
//!
//! A dense baseline: grouped-query attention with RMS-normalised heads, most layers in a window and
//! with a rotation of their own, then a GELU-gated network; what either adds is normalised again.
//! Norms multiply by one plus their weight, embeddings by √hidden_size. It has no router and records
//! no routing.

use super::Family;
use super::parts::{
    AttentionConfig, Backbone, DecoderConfig, LayerConfig, NetworkConfig, NormKind, Norms, Outer,
    Part, Rotation, Spare, expect_activation, windows,
};
use crate::config::{ConfigReader, RopeConfig, RopeDefaults};
use crate::kernels::activation::Activation;
use crate::kernels::rotary::Pairs;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "gemma3_text",
    architecture: "Gemma3ForCausalLM",
    models: "Gemma 3 1B, 270M and text saves (dense)",
    published_with_code: false,
    read,
};

/// The rotations: of layers that see everything, and of those that see a window.
const GLOBAL: usize = 0;
const LOCAL: usize = 1;

fn read(config: &ConfigReader) -> DecoderConfig {
    expect_activation(config, &["hidden_activation"], "gelu_pytorch_tanh");
    refuse_other_generations(config);
    let mut backbone = Backbone::read(config);
    backbone.norms = NormKind::RmsPlusOne;
    backbone.embedding_scale = (backbone.hidden as f32).sqrt();
    backbone.tied = config.flag_or(&["tie_word_embeddings"], true);
    let attention = attention(config, &backbone);
    let network = NetworkConfig {
        activation: Activation::GeGlu,
        ..NetworkConfig::swiglu_of(config, "intermediate_size")
    };
    let every = config.size_or(&["sliding_window_pattern", "_sliding_window_pattern"], 6);
    let windows = windows(config, backbone.layers, |n| (n + 1) % every != 0);
    let layer = |&window: &Option<usize>| {
        let rotary = Some(if window.is_some() { LOCAL } else { GLOBAL });
        let attention = AttentionConfig { window, rotary, ..attention.clone() };
        LayerConfig::new()
            .then("input_layernorm", &["self_attn"], Part::Attention(attention))
            .normalised("post_attention_layernorm")
            .then("pre_feedforward_layernorm", &["mlp"], Part::Dense(network.clone()))
            .normalised("post_feedforward_layernorm")
    };
    DecoderConfig {
        family: FAMILY.name,
        layers: windows.iter().map(layer).collect(),
        rotations: rotations(config, attention.shape.head_dim),
        outer: Outer::USUAL,
        residual_scale: 1.0,
        spare: Spare::None,
        backbone,
    }
}

fn attention(config: &ConfigReader, backbone: &Backbone) -> AttentionConfig {
    let bias = config.flag_or(&["attention_bias"], false);
    let shape = backbone.attention_shape(config);
    AttentionConfig {
        qkv_bias: bias,
        output_bias: bias,
        norms: Norms::Heads,
        plus_one: true,
        scale: 1.0 / config.positive_or(&["query_pre_attn_scalar"], 256.0).sqrt() as f32,
        ..AttentionConfig::plain(backbone.hidden(), shape, backbone.eps)
    }
}

/// The two rotations, from `rope_parameters` by kind of layer or from the older keys.
fn rotations(config: &ConfigReader, width: usize) -> Vec<Rotation> {
    let rope = config.object(&["rope_parameters"]);
    let of = |kind: &str, base: f64| {
        let object = match rope.has(&[kind]) {
            true => rope.object(&[kind]),
            false if kind == "full_attention" => config.object(&["rope_scaling"]),
            false => config.object(&[]),
        };
        let rope = RopeConfig::of_object(config, object, RopeDefaults { base, partial: None });
        Rotation { rope, width, pairs: Pairs::Halves }
    };
    let global = of("full_attention", config.positive_or(&["rope_theta"], 1e6));
    let local = of("sliding_attention", config.positive_or(&["rope_local_base_freq"], 10_000.0));
    config.absorb(rope);
    vec![global, local]
}

/// Keys of Gemma 2 and of embedding models that this runtime does not follow.
fn refuse_other_generations(config: &ConfigReader) {
    for key in ["final_logit_softcapping", "attn_logit_softcapping"] {
        if config.has(&[key]) {
            config.reject(&[key], "null (soft caps are not built in)");
        }
    }
    if config.flag_or(&["use_bidirectional_attention"], false) {
        config.reject(&["use_bidirectional_attention"], "false");
    }
}
