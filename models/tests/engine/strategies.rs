//! Random tiny configurations of families that differ in what they keep from token to token.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::configs::{nemotron_h, qwen3_moe, with};

/// Keys and values alone, in windows, from latents, beside Mamba or Gated DeltaNet states.
pub(crate) fn any_config() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_qwen3_moe().boxed(),
        any_nemotron_h().boxed(),
        any_qwen3_next().boxed(),
        any_gpt_oss().boxed(),
        any_deepseek_v3().boxed(),
    ]
}

fn any_qwen3_moe() -> impl Strategy<Value = Value> {
    let sizes = (1usize..4, 1usize..4, 1usize..3, 1usize..3, 2usize..8);
    (sizes, 1usize..3, any::<bool>(), any::<bool>()).prop_map(|(sizes, step, norm, tied)| {
        let (layers, kv, group, half_head, experts) = sizes;
        let changes = json!({
            "num_hidden_layers": layers, "num_attention_heads": kv * group, "num_key_value_heads": kv,
            "head_dim": 8 * half_head, "num_experts": experts, "num_experts_per_tok": 1 + experts / 2,
            "decoder_sparse_step": step, "norm_topk_prob": norm, "tie_word_embeddings": tied,
            "mlp_only_layers": null
        });
        with(qwen3_moe(), &changes)
    })
}

fn any_nemotron_h() -> impl Strategy<Value = Value> {
    let scan = (1usize..4, 1usize..3, 4usize..9, 1usize..10, 2usize..6);
    let moe = (2usize..8, prop::option::of(2usize..9), any::<bool>());
    ("[ME*-]{1,5}", scan, moe).prop_map(|(pattern, scan, moe)| {
        let (groups, per_group, head_dim, state, kernel) = scan;
        let (experts, latent, bias) = moe;
        let changes = json!({
            "hybrid_override_pattern": pattern, "n_groups": groups, "mamba_head_dim": head_dim,
            "mamba_num_heads": groups * per_group, "ssm_state_size": state, "conv_kernel": kernel,
            "n_routed_experts": experts, "num_experts_per_tok": 1 + experts / 3,
            "moe_latent_size": latent, "use_conv_bias": bias
        });
        with(nemotron_h(), &changes)
    })
}

fn any_qwen3_next() -> impl Strategy<Value = Value> {
    // Norms of a few numbers, and unit vectors of short keys, blow rounding up.
    let heads = (1usize..4, 1usize..3, 8usize..13, 8usize..13, 2usize..6);
    (prop::collection::vec(any::<bool>(), 1..4), heads).prop_map(|(attends, heads)| {
        let (key_heads, each, key_dim, value_dim, kernel) = heads;
        let kind = |attends: &bool| if *attends { "full_attention" } else { "linear_attention" };
        let changes = json!({
            "architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next",
            "num_hidden_layers": attends.len(), "mlp_only_layers": null,
            // What is recalled may be near zero, and its norm would blow rounding up a thousandfold.
            "rms_norm_eps": 1e-2,
            "layer_types": attends.iter().map(kind).collect::<Vec<_>>(),
            "shared_expert_intermediate_size": 10, "linear_num_key_heads": key_heads,
            "linear_num_value_heads": key_heads * each, "linear_key_head_dim": key_dim,
            "linear_value_head_dim": value_dim, "linear_conv_kernel_dim": kernel
        });
        with(qwen3_moe(), &changes)
    })
}

fn any_gpt_oss() -> impl Strategy<Value = Value> {
    (1usize..4, 1usize..3, 1usize..3, 1usize..14, 1usize..6).prop_map(
        |(layers, kv, group, window, experts)| {
            let changes = json!({
                "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss",
                "num_hidden_layers": layers, "num_attention_heads": kv * group,
                "num_key_value_heads": kv, "sliding_window": window, "num_local_experts": experts,
                "num_experts_per_tok": 1 + experts / 3, "mlp_only_layers": null
            });
            with(qwen3_moe(), &changes)
        },
    )
}

fn any_deepseek_v3() -> impl Strategy<Value = Value> {
    let widths = (1usize..4, 1usize..8, 1usize..4, 1usize..8, 4usize..10);
    (widths, prop::option::of(4usize..9), any::<bool>()).prop_map(|(widths, query, shared)| {
        let (heads, nope, half_rope, value, latent) = widths;
        let changes = json!({
            "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
            "num_attention_heads": heads, "qk_nope_head_dim": nope, "v_head_dim": value,
            "qk_rope_head_dim": 2 * half_rope, "kv_lora_rank": latent, "q_lora_rank": query,
            "n_routed_experts": 6, "n_group": 3, "topk_group": 2, "first_k_dense_replace": 1,
            "n_shared_experts": usize::from(shared), "mlp_only_layers": null
        });
        with(qwen3_moe(), &changes)
    })
}
