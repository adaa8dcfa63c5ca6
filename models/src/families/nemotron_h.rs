//! Nemotron-H (arXiv:2504.03624) and Nemotron-3 (arXiv:2512.20848), as `modeling_nemotron_h.py` of
//! transformers computes them.
//!
//! Every layer is one residual unit: a Mamba-2 mixer, attention without positions, routed experts
//! or one dense network, in the order of `layers_block_type` (or the letters M, *, E and - of
//! `hybrid_override_pattern`). Networks and experts are un-gated: down(max(up x, 0)²). Beside the
//! routed experts stands an ungated shared one; with `moe_latent_size` the routed experts work in a
//! narrower space, router and shared expert do not.
//!
//! The router scores experts by sigmoid in f32; choice and weights are DeepSeek-V3's. Scores do not
//! sum to 1. Step sizes are not bounded from below (NVIDIA's code and vLLM do not; transformers
//! does in its chunked path, by `time_step_min`).

use super::Family;
use super::parts::{
    AttentionConfig, Backbone, DecoderConfig, Keys, LayerConfig, MOST_LAYERS, MambaConfig,
    MambaKeys, MoeConfig, MoeNames, NetworkConfig, NetworkNames, Outer, Part, SharedConfig, Spare,
    expect_activation, sigmoid_rule,
};
use crate::LayerKind;
use crate::checkpoint::{Dim, ExpertNames};
use crate::config::ConfigReader;
use crate::kernels::activation::Activation;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "nemotron_h",
    architecture: "NemotronHForCausalLM",
    models: "Nemotron-3-Nano-30B-A3B, Nemotron-H, latent siblings",
    published_with_code: true,
    read,
};

const KEYS: Keys = Keys {
    experts: &["n_routed_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "moe_intermediate_size",
};

const MAMBA: MambaKeys = MambaKeys {
    heads: &["mamba_num_heads"],
    head_dim: &["mamba_head_dim"],
    groups: &["n_groups", "mamba_n_groups"],
    state: &["ssm_state_size", "mamba_d_state"],
    kernel: &["conv_kernel", "mamba_d_conv"],
};

/// transformers renames `backbone` to `model` in memory; both are met on disk.
const OUTER: Outer =
    Outer { roots: &["backbone", "model"], embedding: "embeddings", norm: "norm_f" };

fn read(config: &ConfigReader) -> DecoderConfig {
    expect_activation(config, &["mlp_hidden_act"], "relu2");
    let kinds = pattern(config);
    let backbone = Backbone::with_layers(config, kinds.len());
    let attention = attention(config, &backbone);
    let mamba = mamba(config, &backbone);
    let dense = network(
        config,
        Dim::new(config.size_or(&["intermediate_size"], 21_504), "intermediate_size"),
    );
    let moe = kinds.contains(&LayerKind::Moe).then(|| experts(config, &backbone));
    let layer = |kind: &LayerKind| {
        let part = match (kind, &moe) {
            (LayerKind::Mamba, _) => Part::Mamba(mamba.clone()),
            (LayerKind::Attention, _) => Part::Attention(attention.clone()),
            (LayerKind::Moe, Some(moe)) => Part::Routed(moe.clone()),
            _ => Part::Dense(dense.clone()),
        };
        LayerConfig::new().then("norm", &["mixer"], part)
    };
    DecoderConfig {
        family: FAMILY.name,
        layers: kinds.iter().map(layer).collect(),
        rotations: vec![],
        outer: OUTER,
        residual_scale: 1.0,
        spare: Spare::Mtp,
        backbone,
    }
}

fn attention(config: &ConfigReader, backbone: &Backbone) -> AttentionConfig {
    let bias = config.flag_or(&["attention_bias"], false);
    AttentionConfig {
        qkv_bias: bias,
        output_bias: bias,
        rotary: None,
        ..AttentionConfig::plain(backbone.hidden(), backbone.attention_shape(config), backbone.eps)
    }
}

fn mamba(config: &ConfigReader, backbone: &Backbone) -> MambaConfig {
    MambaConfig {
        hidden: backbone.hidden(),
        shape: MAMBA.shape(config, 8, |_| 64),
        conv_bias: config.flag_or(&["use_conv_bias", "mamba_conv_bias"], true),
        bias: config.flag_or(&["use_bias"], false),
        eps: backbone.eps,
    }
}

fn network(config: &ConfigReader, inner: Dim) -> NetworkConfig {
    let (activation, names) = (Activation::ReluSquared, NetworkNames::UpDown);
    NetworkConfig { inner, activation, bias: config.flag_or(&["mlp_bias"], false), names }
}

fn experts(config: &ConfigReader, backbone: &Backbone) -> MoeConfig {
    let width = |key| Dim::new(config.size(&[key]), key);
    let shared = || SharedConfig {
        count: 1,
        network: network(config, width("moe_shared_expert_intermediate_size")),
        path: "shared_experts",
        gate: None,
    };
    let any_shared = config.count_or(&["n_shared_experts"], 1) > 0;
    MoeConfig {
        activation: Activation::ReluSquared,
        names: MoeNames { experts: ExpertNames::UNGATED, ..MoeNames::CORRECTED },
        shared: any_shared.then(shared),
        latent: config.has(&["moe_latent_size"]).then(|| width("moe_latent_size")),
        ..MoeConfig::read(config, backbone.hidden(), KEYS, |k| sigmoid_rule(config, k, 1.0))
    }
}

/// The kind of every layer, from either spelling.
fn pattern(config: &ConfigReader) -> Vec<LayerKind> {
    let names = ["layers_block_type"];
    let letters = ["hybrid_override_pattern"];
    let (key, found): (_, Option<Vec<LayerKind>>) = match config.texts(&names) {
        Some(given) => (&names, given.iter().map(|name| kind(name)).collect()),
        None => {
            let text = config.text(&letters).unwrap_or_default();
            (&letters, text.split("").filter(|c| !c.is_empty()).map(kind).collect())
        }
    };
    let kinds = found.unwrap_or_default();
    if kinds.is_empty() || kinds.len() > MOST_LAYERS {
        config
            .reject(key, "a kind for every layer: M or mamba, * or attention, E or moe, - or mlp");
        return vec![LayerKind::Mlp];
    }
    let layers = config.size_or(&["num_hidden_layers"], kinds.len());
    if layers != kinds.len() {
        config
            .reject(&["num_hidden_layers"], format!("{}, the length of `{}`", kinds.len(), key[0]));
    }
    kinds
}

fn kind(name: &str) -> Option<LayerKind> {
    match name {
        "M" | "linear_attention" | "mamba" => Some(LayerKind::Mamba),
        "*" | "full_attention" | "attention" => Some(LayerKind::Attention),
        "E" | "moe" => Some(LayerKind::Moe),
        "-" | "mlp" => Some(LayerKind::Mlp),
        _ => None,
    }
}
