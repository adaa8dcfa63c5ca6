//! Granite 4 (IBM, 2025; no paper), as `modeling_granitemoehybrid.py` of transformers computes it.
//!
//! Mamba-2 mixers or attention by `layer_types`, each followed by routed SwiGLU experts beside a
//! shared one that is not gated, or, with `num_local_experts` 0, by that network alone. Attention is
//! rotated only where `position_embedding_type` is `rope`. Constants and router are those of
//! `granitemoe`.

use super::Family;
use super::granitemoe::{experts, multiplied};
use super::parts::{
    DecoderConfig, LayerConfig, MambaConfig, MambaKeys, MoeConfig, NetworkConfig, NetworkNames,
    Part, SharedConfig, layer_types,
};
use crate::checkpoint::Dim;
use crate::config::ConfigReader;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "granitemoehybrid",
    architecture: "GraniteMoeHybridForCausalLM",
    models: "Granite 4 H Tiny, H Small, Micro",
    published_with_code: false,
    read,
};

const MAMBA: MambaKeys = MambaKeys {
    heads: &["mamba_n_heads"],
    head_dim: &["mamba_d_head"],
    groups: &["mamba_n_groups"],
    state: &["mamba_d_state"],
    kernel: &["mamba_d_conv"],
};

/// Spellings of the two kinds of layers, and of one of them.
const KINDS: &[&str] = &["linear_attention", "mamba", "full_attention", "attention"];
const ATTENTION: &[&str] = &["full_attention", "attention"];

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = multiplied(config);
    match config.text(&["position_embedding_type"]).as_deref() {
        Some("rope") => {}
        None | Some("nope") => common.attention.rotary = None,
        Some(_) => config.reject(&["position_embedding_type"], "rope, nope or null"),
    }
    let second = second_unit(config, common.backbone.hidden());
    let mamba = MambaConfig {
        hidden: common.backbone.hidden(),
        shape: MAMBA.shape(config, 1, |heads| (2 * common.backbone.hidden / heads).max(1)),
        conv_bias: config.flag_or(&["mamba_conv_bias"], true),
        bias: config.flag_or(&["mamba_proj_bias"], false),
        eps: common.backbone.eps,
    };
    let kinds = layer_types(config, common.backbone.layers, KINDS);
    let attends = |n: usize| kinds.as_ref().is_some_and(|k| ATTENTION.contains(&k[n].as_str()));
    let layer = |n: usize| {
        let (path, first): (&'static [&'static str], _) = match attends(n) {
            true => (&["self_attn"], Part::Attention(common.attention.clone())),
            false => (&["mamba"], Part::Mamba(mamba.clone())),
        };
        let (paths, part) = &second;
        LayerConfig::new().then("input_layernorm", path, first).then(
            "post_attention_layernorm",
            paths,
            part.clone(),
        )
    };
    let layers = (0..common.backbone.layers).map(layer).collect();
    common.decoder_of(FAMILY.name, layers)
}

/// Experts beside the shared network, or that network alone, and where it lies.
fn second_unit(config: &ConfigReader, hidden: Dim) -> (&'static [&'static str], Part) {
    let network = NetworkConfig {
        names: NetworkNames::InputOutput,
        ..NetworkConfig::swiglu_of(config, "shared_intermediate_size")
    };
    if config.count_or(&["num_local_experts"], 8) == 0 {
        return (&["shared_mlp"], Part::Dense(network));
    }
    let shared = SharedConfig { count: 1, network, path: "../shared_mlp", gate: None };
    let moe = MoeConfig { shared: Some(shared), ..experts(config, hidden) };
    (&["block_sparse_moe"], Part::Routed(moe))
}
