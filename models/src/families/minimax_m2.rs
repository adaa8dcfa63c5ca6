//! MiniMax-M2 (MiniMax, 2025; no paper), as `modeling_minimax_m2.py` of transformers computes it.
//!
//! Grouped-query attention whose queries and keys are RMS-normalised over their whole width and
//! rotated in part (`rotary_dim`), then routed SwiGLU experts spelt as Mixtral's in every layer. There
//! is no shared expert.
//!
//! The router scores experts by sigmoid; the choice adds a correction to the scores, the weights are
//! the uncorrected scores divided by their sum. Scores do not sum to 1.

use super::Family;
use super::mixtral::PATHS;
use super::parts::{Common, DecoderConfig, Keys, MoeConfig, MoeNames, Norms, Part};
use crate::ScoreFunction;
use crate::checkpoint::ExpertNames;
use crate::config::{ConfigReader, RopeDefaults};
use crate::layers::Rule;

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "minimax_m2",
    architecture: "MiniMaxM2ForCausalLM",
    models: "MiniMax-M2 (as bf16)",
    published_with_code: true,
    read,
};

const KEYS: Keys = Keys {
    experts: &["num_local_experts", "num_experts"],
    top_k: &["num_experts_per_tok"],
    inner: "intermediate_size",
};

const NAMES: MoeNames = MoeNames {
    router: "gate",
    router_bias: false,
    correction: Some(("e_score_correction_bias", 0)),
    experts: ExpertNames::MIXTRAL,
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let mut common = Common::read(config, RopeDefaults { base: 5e6, partial: Some(1.0) });
    if config.has(&["rotary_dim"]) {
        let head = common.attention.shape.head_dim;
        let rotated = config.within(&["rotary_dim"], 2, head, " (head_dim)");
        common.rope.partial = rotated as f64 / head as f64;
    }
    common.attention.norms = Norms::Whole;
    let score_function = ScoreFunction::Sigmoid;
    let rule = |top_k| Rule { score_function, ..Rule::softmax(top_k, true) };
    let moe = MoeConfig::read(config, common.backbone.hidden(), KEYS, rule);
    let moe = MoeConfig { names: NAMES, ..moe };
    common.decoder(FAMILY.name, PATHS, |_| Part::Routed(moe.clone()))
}
