//! DeepSeek-V2 (arXiv:2405.04434), as `modeling_deepseek_v2.py` of transformers computes it.
//!
//! Attention and layers are those of DeepSeek-V3, with neighbouring numbers rotated in pairs.
//!
//! The router scores all experts by softmax in f32 and takes the top k, with `topk_method`
//! `group_limited_greedy` inside the groups whose best expert scores highest; the weights are the
//! chosen scores times `routed_scaling_factor`, never divided by their sum. Scores sum to 1.

use super::Family;
use super::deepseek_v3::{LatentDefaults, latent_decoder};
use super::parts::{DecoderConfig, MoeNames, group_limits};
use crate::config::ConfigReader;
use crate::kernels::rotary::Pairs;
use crate::layers::{Divisor, Groups, Rule, Weighing};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "deepseek_v2",
    architecture: "DeepseekV2ForCausalLM",
    models: "DeepSeek-V2, V2-Lite, V2.5, Coder-V2",
    published_with_code: true,
    read,
};

fn read(config: &ConfigReader) -> DecoderConfig {
    let scale = config.positive_or(&["routed_scaling_factor"], 1.0) as f32;
    let rule = |top_k| Rule {
        groups: groups(config, top_k),
        weighing: Weighing::Scores { divisor: Divisor::One, scale },
        ..Rule::softmax(top_k, false)
    };
    let defaults = LatentDefaults { dense_layers: 0, shared_experts: 2 };
    latent_decoder(config, FAMILY.name, Pairs::Neighbours, MoeNames::USUAL, defaults, rule)
}

fn groups(config: &ConfigReader, top_k: usize) -> Option<Groups> {
    match config.text(&["topk_method"]).as_deref() {
        None | Some("greedy") => None,
        Some("group_limited_greedy") => group_limits(config, top_k, 1),
        Some(_) => {
            config.reject(&["topk_method"], "greedy or group_limited_greedy");
            None
        }
    }
}
