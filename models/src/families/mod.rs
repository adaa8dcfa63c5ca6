//! Model families: one file each, and the list that `config.json` picks from.
//!
//! A family's file says how `config.json` and the tensors' names become a [`DecoderConfig`], made of
//! `parts/`. How to add one: README, "Add a model family".

mod deepseek_v2;
mod deepseek_v3;
mod ernie4_5_moe;
mod gemma3_text;
mod glm4_moe;
mod gpt_oss;
mod granitemoe;
mod granitemoehybrid;
mod llama;
mod minimax_m2;
mod mixtral;
mod nemotron_h;
mod olmoe;
mod parts;
mod phimoe;
mod qwen2_moe;
mod qwen3;
mod qwen3_5_moe;
mod qwen3_moe;
mod qwen3_next;
mod select;

pub(crate) use parts::DecoderConfig;
pub(crate) use select::{Family, select};

/// Every family: first those that route, then the dense baselines, each by name.
pub(crate) const FAMILIES: &[&Family] = &[
    &deepseek_v2::FAMILY,
    &deepseek_v3::FAMILY,
    &ernie4_5_moe::FAMILY,
    &glm4_moe::FAMILY,
    &gpt_oss::FAMILY,
    &granitemoe::FAMILY,
    &granitemoehybrid::FAMILY,
    &minimax_m2::FAMILY,
    &mixtral::FAMILY,
    &nemotron_h::FAMILY,
    &olmoe::FAMILY,
    &phimoe::FAMILY,
    &qwen2_moe::FAMILY,
    &qwen3_5_moe::FAMILY,
    &qwen3_moe::FAMILY,
    &qwen3_next::FAMILY,
    &gemma3_text::FAMILY,
    &llama::FAMILY,
    &qwen3::FAMILY,
];

/// A family that this engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SupportedFamily {
    /// Its `model_type`, and the name of its file.
    pub name: &'static str,
    /// Its entry in `architectures`.
    pub architecture: &'static str,
    /// Published checkpoints that it is meant for.
    pub models: &'static str,
}

/// Every family: first those that route, then the dense baselines, each by name.
pub fn supported_families() -> Vec<SupportedFamily> {
    let about = |family: &&Family| {
        let Family { name, architecture, models, .. } = **family;
        SupportedFamily { name, architecture, models }
    };
    FAMILIES.iter().map(about).collect()
}
