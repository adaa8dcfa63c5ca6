//! Mixtral (arXiv:2401.04088), as `modeling_mixtral.py` of transformers computes it.
//!
//! Grouped-query attention without biases or norms, in a window where `sliding_window` states one,
//! then routed SwiGLU experts in every layer (`w1` is the gate, `w3` up, `w2` down). There is no
//! shared expert.
//!
//! The router scores all experts by softmax in f32 and takes the top k; the weights are always the
//! chosen scores divided by their sum. Scores sum to 1.

use super::Family;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, MoeNames, Part, windows};
use crate::checkpoint::ExpertNames;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "mixtral",
    architecture: "MixtralForCausalLM",
    models: "Mixtral 8x7B, 8x22B",
    published_with_code: false,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_local_experts", "num_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "intermediate_size",
};

/// Where experts lie; the second is where transformers moves them in memory.
pub(super) const PATHS: &[&str] = &["block_sparse_moe", "mlp"];

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 1e6, partial: None });
    common.windows = windows(config, common.backbone.layers, |_| true);
    let rule = |top_k| Rule::softmax(top_k, true);
    let moe = MoeConfig {
        names: MoeNames { experts: ExpertNames::MIXTRAL, ..MoeNames::USUAL },
        ..MoeConfig::read(config, common.backbone.hidden(), KEYS, rule)
    };
    common.decoder(FAMILY.name, PATHS, |_| Part::Routed(moe.clone()))
}
