//! `harness bench`: a model from its config alone, measured.

use serde_json::{Value, json};

use crate::support::{arg, run_to};

fn tiny() -> Value {
    json!({
        "model_type": "qwen3_moe", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 16, "num_experts": 8, "num_experts_per_tok": 2,
        "moe_intermediate_size": 16, "intermediate_size": 32, "norm_topk_prob": true, "vocab_size": 200,
        "max_position_embeddings": 4096, "rope_theta": 1e6, "tie_word_embeddings": true
    })
}

#[test]
fn a_config_is_measured_without_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tiny.json");
    std::fs::write(&config, tiny().to_string()).unwrap();
    let (stdout, _) = run_to(
        0,
        &[
            "bench",
            "--config",
            arg(&config),
            "--workload",
            "prefill,generate-64",
            "--repeat",
            "1",
            "--json",
        ],
    );
    let found: Value = serde_json::from_str(&stdout).unwrap();
    let of = |key: &str| {
        found["workloads"].as_array().unwrap().iter().map(|w| w[key].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("workload"), ["prefill", "generate-64"]);
    assert_eq!(of("tokens_naive"), [4096, 64 * 128]);
    // Prompts that begin with the same token share it.
    let computed = of("tokens_computed")[1].as_u64().unwrap();
    assert!((64 * (127 + 63)..=64 * (128 + 63)).contains(&computed), "{computed}");
    for key in ["seconds", "seconds_without_capture", "gflop"] {
        assert!(of(key).iter().all(|number| number.as_f64().unwrap() > 0.0), "{key}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_config_that_is_none_is_refused_with_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("broken.json");
    let mut broken = tiny();
    broken["num_experts"] = 0.into();
    broken["hidden_size"] = Value::Null;
    std::fs::write(&config, broken.to_string()).unwrap();
    let (stdout, stderr) = run_to(6, &["bench", "--config", arg(&config)]);
    assert_eq!(stdout, "");
    for words in ["broken.json", "`num_experts` is 0", "`hidden_size` is missing"] {
        assert!(stderr.contains(words), "{words:?} is not in: {stderr}");
    }
    run_to(2, &["bench", "--config", arg(&folder.path().join("none.json"))]);
}
