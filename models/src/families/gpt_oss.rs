//! gpt-oss (arXiv:2508.10925), as `modeling_gpt_oss.py` of transformers computes it.
//!
//! Grouped-query attention with biases; every second layer, beginning with the first, sees a window
//! only; each head has a sink, a score that takes weight in the softmax and has no value. Experts have
//! biases and bound both of their inputs: (up + 1) · gate · sigmoid(alpha · gate). Saves of
//! transformers in bf16 or f32 are read; the originals' MXFP4 weights are refused by their
//! `quantization_config`.
//!
//! The router has a bias. The top k of its logits are chosen and weighed by a softmax over them alone,
//! which are the shares that they have of a softmax over all; that one is recorded as the scores.

use super::Family;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, MoeNames, Part, windows};
use crate::checkpoint::{ExpertNames, Stacking};
use crate::config::{ConfigReader, RopeDefaults};
use crate::kernels::activation::Activation;
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "gpt_oss",
    architecture: "GptOssForCausalLM",
    models: "gpt-oss-20b, 120b (as bf16)",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_local_experts", "num_experts"],
    top_k: &["num_experts_per_tok", "experts_per_token"],
    inner: "intermediate_size",
};

const NAMES: MoeNames = MoeNames {
    router: "router",
    router_bias: true,
    correction: None,
    experts: ExpertNames { up: &[], stack: Stacking::Columns, ..ExpertNames::SWIGLU },
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 150_000.0, partial: None });
    let bias = config.flag_or(&["attention_bias"], true);
    (common.attention.qkv_bias, common.attention.output_bias) = (bias, bias);
    common.attention.sinks = true;
    common.backbone.eps = config.positive_or(&["rms_norm_eps"], 1e-5);
    common.windows = windows(config, common.backbone.layers, |n| n % 2 == 0);
    let activation = Activation::ClampedSwiGlu {
        alpha: config.positive_or(&["swiglu_alpha"], 1.702) as f32,
        limit: config.positive_or(&["swiglu_limit"], 7.0) as f32,
    };
    let rule = |top_k| Rule::softmax(top_k, true);
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    let moe = MoeConfig { activation, names: NAMES, ..moe };
    common.decoder(FAMILY.name, &["mlp"], |_| Part::Routed(moe.clone()))
}
