//! A real accelerator against exact numbers, where `HARNESS_TEST_GPU` names one (`1` is `cuda`).

use harness_models::synthetic::SyntheticOptions;
use harness_models::{
    ComputeDevice, ComputeDtype, ForwardOutput, GroupCounter, GroupRouting, LoadOptions, Model,
    Segment, load,
};
use serde_json::{Value, json};

use crate::configs::{nemotron_h, qwen3_moe, with};
use crate::support::{checkpoint, segment};

fn device() -> Option<ComputeDevice> {
    let Ok(name) = std::env::var("HARNESS_TEST_GPU") else {
        println!("skipped: HARNESS_TEST_GPU names no device");
        return None;
    };
    let name = if name == "1" { "cuda" } else { name.as_str() };
    Some(name.parse().unwrap())
}

/// Models whose widths all kernels take.
fn configs() -> [Value; 2] {
    let wide = json!({"hidden_size": 64, "num_attention_heads": 4, "head_dim": 128,
        "moe_intermediate_size": 48, "intermediate_size": 96, "vocab_size": 96});
    let scan = json!({"mamba_num_heads": 8, "mamba_head_dim": 64, "ssm_state_size": 128,
        "moe_shared_expert_intermediate_size": 64});
    [with(qwen3_moe(), &wide), with(with(nemotron_h(), &wide), &scan)]
}

/// A kept trunk, branches of it beside another sequence, and fifty tokens appended to two of them.
fn run(model: &dyn Model) -> (Vec<f64>, GroupRouting) {
    let tokens = |from: u32, to: u32| (from..to).map(|i| i * i % 89).collect::<Vec<u32>>();
    let one = |node, parent, tokens: &[u32]| Segment {
        groups: vec![0; tokens.len()],
        keep: true,
        ..segment(node, parent, tokens, 96)
    };
    let mut passes = vec![
        vec![one(1, None, &tokens(0, 150))],
        vec![
            one(2, Some(1), &tokens(3, 40)),
            one(3, Some(2), &tokens(5, 7)),
            one(4, None, &tokens(40, 140)),
        ],
    ];
    let append = |node, token: u32| Segment { append: true, ..one(node, None, &[token % 89]) };
    passes.extend((0..50).map(|i| vec![append(3, i * 7), append(4, i * 5)]));
    let (mut cache, mut log_probs) = (model.new_cache(), vec![]);
    let mut counter = GroupCounter::new(model.architecture());
    for segments in passes {
        let batch = harness_models::Batch { segments, groups: 1 };
        let output: ForwardOutput = model.forward(&batch, &mut cache, &mut counter).unwrap();
        assert!(output.non_finite.iter().all(Option::is_none));
        log_probs.extend(output.rows.iter().flatten().flat_map(|row| row.log_probs.clone()));
    }
    (log_probs, counter.take().unwrap())
}

#[test]
fn an_accelerator_computes_what_the_cpu_does() {
    let Some(device) = device() else { return };
    for config in configs() {
        let folder = checkpoint(&config, SyntheticOptions { seed: 4, ..Default::default() });
        let on = |device, dtype| {
            let model = load(folder.path(), &LoadOptions { dtype, device }).unwrap();
            run(model.as_ref())
        };
        let (exact, routing) = on(ComputeDevice::Portable, ComputeDtype::Auto);
        let off = |found: &[f64]| {
            let differences = found.iter().zip(&exact).map(|(a, b)| (a - b).abs());
            (differences.clone().sum::<f64>() / exact.len() as f64, differences.fold(0.0, f64::max))
        };
        let moved = |found: &GroupRouting| {
            let pairs = found.selections.iter().zip(&routing.selections);
            pairs.map(|(a, b)| a.abs_diff(*b)).sum::<u32>() / 2
        };
        let all: u32 = routing.selections.iter().sum();
        let [(rounded, _), (f32, f32_routing), (bf16, bf16_routing)] = [
            (ComputeDevice::Portable, ComputeDtype::Bf16),
            (device, ComputeDtype::F32),
            (device, ComputeDtype::Bf16),
        ]
        .map(|(device, dtype)| on(device, dtype));
        let kind = config["model_type"].as_str().unwrap();
        println!("{kind}: f32 {:?}, {} of {all} choices moved", off(&f32), moved(&f32_routing));
        println!("{kind}: bf16 {:?}, {} of {all} choices moved", off(&bf16), moved(&bf16_routing));
        println!("{kind}: bf16 of candle's operations on the CPU {:?}", off(&rounded));
        assert!(off(&f32).0 < 1e-3 && moved(&f32_routing) * 200 < all);
        assert!(off(&bf16).0 < 2.0 * off(&rounded).0 + 0.01 && moved(&bf16_routing) * 10 < all);
        assert_eq!(bf16_routing.invalid, 0);
    }
}
