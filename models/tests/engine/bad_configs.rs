//! Every way a config can be wrong has its message, and none panics.

use std::fs;

use harness_models::inspect;
use serde_json::{Value, json};

use crate::breakage::{
    WEIGHTS, complains, good, header_of, old_header_length, with_config, with_header,
};
use crate::configs::qwen3_moe;

#[test]
fn impossible_config_values_are_all_named_at_once() {
    let dir = with_config(&json!({
        "hidden_size": "wide", "num_hidden_layers": 0, "vocab_size": 18446744073709551615u64,
        "num_experts_per_tok": 7, "num_key_value_heads": 3, "hidden_act": "gelu"
    }));
    complains(
        dir.path(),
        &[
            "config.json: `hidden_size` is \"wide\"; expected a positive integer",
            "`num_hidden_layers` is 0; expected an integer from 1 to 4096",
            "`vocab_size` is 18446744073709551615; expected a positive integer",
            "`num_experts_per_tok` is 7; expected an integer from 1 to 6 (the number of experts)",
            "`num_key_value_heads` is 3; expected a divisor of num_attention_heads = 4",
            "`hidden_act` is \"gelu\"; expected \"silu\"",
        ],
    );
}

#[test]
fn missing_keys_windows_and_rotations_are_named() {
    let dir = with_config(&json!({
        "moe_intermediate_size": null, "sliding_window": "wide", "use_sliding_window": true,
        "layer_types": ["sliding_attention"]
    }));
    complains(
        dir.path(),
        &[
            "`moe_intermediate_size` is missing",
            "`sliding_window` is \"wide\"; expected an integer from 0",
            "`layer_types` is [\"sliding_attention\"]; expected 3 (num_hidden_layers) of",
        ],
    );
    let dir = with_config(&json!({ "rope_scaling": { "rope_type": "spiral" } }));
    complains(
        dir.path(),
        &["`rope_type` is \"spiral\"; expected default, linear, llama3, yarn or longrope"],
    );
}

#[test]
fn config_against_weights_names_tensor_shape_and_keys() {
    let dir = with_config(&json!({ "num_experts": 16 }));
    complains(
        dir.path(),
        &[
            "model.layers.0.mlp.gate.weight has shape [6, 24], but config.json says [16 (num_experts), 24 (hidden_size)]",
            "tensor model.layers.0.mlp.experts.6.gate_proj.weight is missing",
        ],
    );
    let dir = with_config(&json!({ "num_hidden_layers": 2 }));
    complains(dir.path(), &["model.layers.2.mlp.gate.weight has no place in a qwen3_moe model"]);
}

#[test]
fn enormous_configs_end_quickly() {
    let dir = with_config(
        &json!({ "num_hidden_layers": 4096, "num_experts": 65536, "moe_intermediate_size": 67108864 }),
    );
    complains(dir.path(), &["and ", " more"]);
}

#[test]
fn json_errors_carry_their_position() {
    let dir = good();
    fs::write(dir.path().join("config.json"), "{\n \"a\": 1,\n}").unwrap();
    complains(dir.path(), &["config.json, line 3, column 1"]);
    fs::write(dir.path().join("config.json"), "[1]").unwrap();
    complains(dir.path(), &["expected an object"]);
    fs::remove_file(dir.path().join("config.json")).unwrap();
    complains(dir.path(), &["config.json: "]);
}

#[test]
fn python_infinities_are_read_over() {
    let dir = good();
    let config = qwen3_moe().to_string();
    let text = config.replacen(
        '{',
        "{\"time_step_limit\": [0.0, Infinity], \"x\": -Infinity, \"y\": NaN, ",
        1,
    );
    fs::write(dir.path().join("config.json"), text).unwrap();
    inspect(dir.path()).unwrap();
}

#[test]
fn unknown_architectures_name_the_supported_ones() {
    let dir = with_config(&json!({ "architectures": ["GPT9ForCausalLM"] }));
    complains(dir.path(), &["GPT9ForCausalLM is not built in", "supported: DeepseekV2ForCausalLM"]);
    let dir = with_config(
        &json!({ "architectures": ["GPT9ForCausalLM"], "auto_map": {"AutoModel": "x.Y"} }),
    );
    complains(dir.path(), &["`auto_map`", "never run"]);
    let dir = with_config(&json!({ "auto_map": {"AutoModelForCausalLM": "modeling.Y"} }));
    complains(dir.path(), &["`auto_map` asks for Python code", "never run"]);
}

#[test]
fn quantised_weights_are_refused_by_name() {
    let dir = with_config(&json!({ "quantization_config": { "quant_method": "fp8" } }));
    complains(dir.path(), &["quantised (fp8)"]);
    let dir = good();
    let mut header = header_of(dir.path());
    header["lm_head.weight"]["dtype"] = "F8_E4M3".into();
    header["lm_head.weight"]["shape"] = json!([50 * 4, 24]);
    let data = fs::metadata(dir.path().join(WEIGHTS)).unwrap().len() as usize;
    let dir = with_header(&header.to_string(), data - old_header_length(dir.path()));
    complains(dir.path(), &["tensor lm_head.weight is F8_E4M3"]);
}

#[test]
fn inspecting_counts_parameters_without_loading_them() {
    let dir = good();
    let found = inspect(dir.path()).unwrap();
    let architecture = &found.architecture;
    assert_eq!((architecture.layers, architecture.moe_layers.as_slice()), (3, &[0, 2][..]));
    assert_eq!(found.bytes_by_dtype["F32"], 4 * architecture.parameters_total);
    // Four of six experts of 3 · 12 · 24 numbers rest in each of the two MoE layers.
    assert_eq!(architecture.parameters_total - architecture.parameters_active, 2 * 4 * 3 * 12 * 24);
    assert_eq!(architecture.kv_bytes_per_token(), 3 * 2 * 2 * 8 * 4);
    assert_eq!(found.files[0].bytes, fs::metadata(dir.path().join(WEIGHTS)).unwrap().len());
    assert!(
        serde_json::from_slice::<Value>(&found.files[0].header).unwrap()["lm_head.weight"]
            .is_object()
    );
    assert!(serde_json::to_value(&found).is_ok());
}
