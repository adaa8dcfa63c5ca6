//! Random models without a folder: the same as written ones, and fit to be measured.

use std::path::PathBuf;

use harness_models::synthetic::{DiskDtype, RandomCheckpoint, SyntheticOptions};
use harness_models::{Architecture, GroupCounter, LoadError, LoadOptions, Segment, inspect, load};
use serde_json::{Value, json};

use crate::configs::{every_family, qwen3_moe, with};
use crate::invariance::alone;
use crate::support::{batch, checkpoint, segment};

fn random(config: &str, options: SyntheticOptions) -> Result<RandomCheckpoint, LoadError> {
    RandomCheckpoint::new("random.json".as_ref(), config, options)
}

fn published(name: &str) -> Architecture {
    let file = format!("../benches/configs/{name}.json");
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file));
    let options = SyntheticOptions { dtype: DiskDtype::Bf16, ..Default::default() };
    random(&text.unwrap(), options).unwrap().architecture().clone()
}

#[test]
fn weights_made_in_memory_are_those_that_a_folder_would_hold() {
    let tokens: Vec<u32> = (0..30).collect();
    let dtypes = [DiskDtype::F32, DiskDtype::Bf16, DiskDtype::F16];
    let options = dtypes.map(|dtype| SyntheticOptions { dtype, seed: 3, ..Default::default() });
    for config in every_family() {
        for options in options {
            let folder = checkpoint(&config, options);
            let made = random(&config.to_string(), options).unwrap();
            assert_eq!(made.architecture(), &inspect(folder.path()).unwrap().architecture);
            let [made, read] =
                [made.load(&LoadOptions::default()), load(folder.path(), &LoadOptions::default())]
                    .map(Result::unwrap);
            assert_eq!(made.architecture(), read.architecture());
            let same = alone(made.as_ref(), &tokens) == alone(read.as_ref(), &tokens);
            assert!(same, "{options:?} of {config}");
        }
    }
}

/// Sizes published by the models' makers: 30.5 and 31.6 billion parameters, of which 3.3 and 3.6 are active.
/// `Architecture` counts the embedding among the active ones; Nemotron's 3.2 is without.
#[test]
fn benchmark_configs_have_the_sizes_that_the_models_are_known_by() {
    let qwen = published("qwen3_30b_a3b");
    assert_eq!((qwen.parameters_total, qwen.parameters_active), (30_532_122_624, 3_353_032_704));
    let nemotron = published("nemotron_3_nano_30b_a3b");
    let sizes = (nemotron.parameters_total, nemotron.parameters_active);
    assert_eq!(sizes, (31_577_940_288, 3_580_076_352));
    assert_eq!(qwen.moe_layers.len() + nemotron.moe_layers.len(), 48 + 23);
    assert_eq!(published("qwen3_moe_312m").parameters_total / 1_000_000, 312);
    for architecture in [qwen, nemotron] {
        let bytes = architecture.weight_bytes(harness_models::ComputeDtype::Auto);
        let doubled = 2 * architecture.parameters_total;
        assert!((doubled..doubled * 1001 / 1000).contains(&bytes), "{bytes}: bf16 but for vectors");
    }
}

#[test]
fn a_random_router_uses_its_experts() {
    let changes = json!({"num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 500});
    let checkpoint = random(&with(qwen3_moe(), &changes).to_string(), SyntheticOptions::default());
    let model = checkpoint.unwrap().load(&LoadOptions::default()).unwrap();
    let tokens: Vec<u32> = (0..400).map(|i| i * 7 % 500).collect();
    let mut batch = batch(vec![Segment { groups: vec![0; 400], ..segment(1, None, &tokens, 500) }]);
    batch.groups = 1;
    let mut counter = GroupCounter::new(model.architecture());
    let output = model.forward(&batch, &mut model.new_cache(), &mut counter).unwrap();
    let finite = |x: &f64| x.is_finite();
    assert!(output.rows[0].iter().all(|row| row.log_probs.iter().all(finite)));
    assert_eq!(output.non_finite, [None]);
    for layer in counter.take().unwrap().selections.chunks(64) {
        assert!(layer.iter().filter(|&&count| count > 0).count() >= 60, "{layer:?}");
    }
}

#[test]
fn a_config_is_read_as_a_checkpoint_s_would_be() {
    let message = |text: &str| match random(text, SyntheticOptions::default()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    };
    assert!(message("{").contains("checkpoint random.json cannot be used:\n  - config.json, line"));
    assert!(message("[]").contains("expected an object"));
    assert!(message(r#"{"model_type": "mamba3"}"#).contains("architecture mamba3 is not built in"));
    let broken = with(qwen3_moe(), &json!({"num_experts": 0, "hidden_size": "wide"})).to_string();
    assert!(message(&broken).contains("`num_experts` is 0"), "{}", message(&broken));
    assert!(message(&broken).contains("`hidden_size` is \"wide\""));
    let many = json!({"num_experts": 65536, "num_hidden_layers": 4096, "mlp_only_layers": []});
    assert!(message(&with(qwen3_moe(), &many).to_string()).contains("tensors or more"));
    let python = qwen3_moe().to_string().replace('{', r#"{"time_step_limit": [0.0, Infinity], "#);
    assert!(random(&python, SyntheticOptions::default()).is_ok());
    assert!(serde_json::from_str::<Value>(&python).is_err());
}
