//! Agreement with transformers on the checkpoints under `../shared/reference`.

use crate::agreement::{agreement, agreement_on_next_tokens};
use crate::support::shared;

fn family(name: &str) {
    if let Some(dir) = shared(&format!("reference/families/{name}")) {
        agreement(&dir).check(name, 5e-5);
    }
}

fn model(name: &str) {
    if let Some(dir) = shared(&format!("reference/models/{name}")) {
        agreement_on_next_tokens(&dir).check(&format!("models/{name}"), 1e-4);
    }
}

#[test]
fn qwen3_moe_agrees_with_transformers() {
    family("qwen3_moe");
    model("qwen3_moe");
}

#[test]
fn nemotron_h_agrees_with_transformers() {
    family("nemotron_h");
    model("nemotron_h");
}

#[test]
fn other_mixtures_agree_with_transformers() {
    ["mixtral", "olmoe", "qwen2_moe", "deepseek_v3"].into_iter().for_each(family);
}

#[test]
fn dense_models_agree_with_transformers_and_route_nothing() {
    ["llama", "qwen3"].into_iter().for_each(family);
}
