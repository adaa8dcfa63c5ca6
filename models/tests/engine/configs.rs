//! Small configurations of every family, with what makes each special.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::families::folders;

/// A config with some keys changed; null removes a key's value.
pub(crate) fn with(mut config: Value, changes: &Value) -> Value {
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    config
}

fn decoder(changes: &Value) -> Value {
    let common = json!({
        "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 8, "intermediate_size": 20, "num_experts_per_tok": 2, "vocab_size": 50,
        "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "tie_word_embeddings": false
    });
    with(common, changes)
}

/// A Qwen3-MoE with a dense layer, in the older spelling.
pub(crate) fn qwen3_moe() -> Value {
    decoder(&json!({
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "num_experts": 6,
        "moe_intermediate_size": 12, "norm_topk_prob": true, "mlp_only_layers": [1],
        "rope_theta": 10000.0
    }))
}

/// A Nemotron-H with every kind of layer, and two Mamba layers in a row.
pub(crate) fn nemotron_h() -> Value {
    decoder(&json!({
        "architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h",
        "num_hidden_layers": null, "hybrid_override_pattern": "MEM*-ME", "mamba_num_heads": 4,
        "mamba_head_dim": 8, "n_groups": 2, "ssm_state_size": 16, "conv_kernel": 4,
        "n_routed_experts": 6, "moe_intermediate_size": 12, "n_shared_experts": 1,
        "moe_shared_expert_intermediate_size": 20, "norm_topk_prob": true,
        "routed_scaling_factor": 2.5, "layer_norm_epsilon": 1e-5
    }))
}

/// A Nemotron-H whose routed experts work in a narrower space, and choose by groups.
pub(crate) fn latent_nemotron_h() -> Value {
    let changes = json!({
        "moe_latent_size": 16, "n_group": 3, "topk_group": 2, "hybrid_override_pattern": null,
        "layers_block_type": ["linear_attention", "moe", "full_attention", "moe"]
    });
    with(nemotron_h(), &changes)
}

/// The config of every tiny checkpoint that agrees with transformers, and the special ones above.
pub(crate) fn every_family() -> Vec<Value> {
    let config = |dir: &PathBuf| {
        let text = fs::read_to_string(dir.join("config.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let special = [qwen3_moe(), nemotron_h(), latent_nemotron_h()];
    folders().iter().map(config).chain(special).collect()
}
