//! Phi-3.5-MoE (arXiv:2404.14219), as `modeling_phimoe.py` of transformers computes it.
//!
//! Layer normalisation with biases, grouped-query attention, routed SwiGLU experts spelt as Mixtral's
//! in every layer, no shared expert, a head with a bias under `lm_head_bias`. Of LongRoPE the factors
//! of short contexts are run, and no context is longer than those.
//!
//! The router picks the two largest logits; each is weighed by a softmax of its own over the experts
//! not yet picked whose logits come within 2 · `router_jitter_noise` of it (SparseMixer), so the two
//! weights do not sum to 1. The recorded scores are a softmax over all experts.

use super::Family;
use super::mixtral::PATHS;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, MoeNames, NormKind, Part, windows};
use crate::checkpoint::ExpertNames;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::{Rule, Weighing};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "phimoe",
    architecture: "PhimoeForCausalLM",
    models: "Phi-3.5-MoE",
    published_with_code: true,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_local_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "intermediate_size",
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 1e6, partial: None });
    common.backbone.norms = NormKind::Layer;
    common.backbone.head_bias = config.flag_or(&["lm_head_bias"], false);
    common.windows = windows(config, common.backbone.layers, |_| true);
    let jitter = config.non_negative_or(&["router_jitter_noise"], 0.01) as f32;
    let weighing = Weighing::SparseMixer { jitter };
    let rule = |top_k| Rule { weighing, ..Rule::softmax(top_k, false) };
    let moe = MoeConfig {
        names: MoeNames { experts: ExpertNames::MIXTRAL, ..MoeNames::USUAL },
        ..MoeConfig::read(config, common.backbone.hidden(), KEYS, rule)
    };
    if moe.rule.top_k != 2 {
        config.reject(KEYS.top_k, "2 (SparseMixer picks two experts)");
    }
    common.decoder(FAMILY.name, PATHS, |_| Part::Routed(moe.clone()))
}
