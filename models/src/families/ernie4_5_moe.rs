//! ERNIE 4.5 (Baidu, 2025; technical report without number), as `modeling_ernie4_5_moe.py` of
//! transformers computes it.
//!
//! Grouped-query attention with neighbouring numbers rotated in pairs and biases under `use_bias`;
//! routed SwiGLU experts in every `moe_layer_interval`-th layer from `moe_layer_start_index` to
//! `moe_layer_end_index`, beside ungated shared ones; dense SwiGLU networks in the others.
//!
//! The router scores all experts by softmax in f32; the choice adds a correction to the scores, the
//! weights are the uncorrected scores divided by their sum, which counts at least as `moe_norm_min`.
//! Scores sum to 1.

use super::Family;
use super::parts::{
    Common, DecoderConfig, Keys, MoeConfig, MoeNames, NetworkConfig, Part, SharedConfig, Spare,
};
use crate::checkpoint::Dim;
use crate::config::{ConfigReader, RopeDefaults};
use crate::kernels::rotary::Pairs;
use crate::layers::{Divisor, Rule, Weighing};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "ernie4_5_moe",
    architecture: "Ernie4_5_MoeForCausalLM",
    models: "ERNIE-4.5-21B-A3B, 300B-A47B",
    published_with_code: true,
    read,
};

const KEYS: Keys =
    Keys { experts: &["moe_num_experts"], top_k: &["moe_k"], inner: "moe_intermediate_size" };

const NAMES: MoeNames =
    MoeNames { correction: Some(("moe_statics.e_score_correction_bias", 1)), ..MoeNames::USUAL };

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 500_000.0, partial: None });
    let bias = config.flag_or(&["use_bias"], false);
    (common.attention.qkv_bias, common.attention.output_bias) = (bias, bias);
    common.backbone.tied = config.flag_or(&["tie_word_embeddings"], true);
    common.backbone.eps = config.positive_or(&["rms_norm_eps"], 1e-5);
    common.pairs = Pairs::Neighbours;
    common.spare = Spare::LaterLayers;
    let least = config.non_negative_or(&["moe_norm_min"], 1e-12) as f32;
    let divisor = Divisor::Sum { plus: 0.0, at_least: least };
    let weighing = Weighing::Scores { divisor, scale: 1.0 };
    let rule = |top_k| Rule { weighing, ..Rule::softmax(top_k, true) };
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    let network = |inner| NetworkConfig { bias, ..NetworkConfig::swiglu(inner) };
    let shared = config.count_or(&["moe_num_shared_experts"], 2);
    let width = moe.sizes.inner.size.saturating_mul(shared);
    let width = Dim::new(width, "moe_intermediate_size × moe_num_shared_experts");
    let shared = (shared > 0).then_some(SharedConfig {
        count: shared,
        network: network(width),
        path: "shared_experts",
        gate: None,
    });
    let moe = MoeConfig { names: NAMES, shared, ..moe };
    let dense = network(Dim::new(config.size(&["intermediate_size"]), "intermediate_size"));
    let layers = sparse_layers(config, common.backbone.layers);
    common.decoder(FAMILY.name, &["mlp"], |n| match layers.contains(&n) {
        true => Part::Routed(moe.clone()),
        false => Part::Dense(dense.clone()),
    })
}

fn sparse_layers(config: &ConfigReader, layers: usize) -> Vec<usize> {
    let first = config.count_or(&["moe_layer_start_index"], 1);
    let interval = config.size_or(&["moe_layer_interval"], 1);
    let last = match config.number(&["moe_layer_end_index"]) {
        Some(last) if last >= 0.0 => last as usize,
        _ => layers,
    };
    (first..layers.min(last.saturating_add(1))).filter(|n| (n + 1) % interval == 0).collect()
}
