//! Whole models on the kernels' emulator: every layer as a GPU would compute it.

use candle_core::Result;
use serde_json::{Value, json};

use super::host::EMULATE;
use crate::cuda::needs_emulator;
use crate::synthetic::{RandomCheckpoint, SyntheticOptions};
use crate::{
    Batch, ComputeDevice, ComputeDtype, ForwardOutput, GroupCounter, GroupRouting, LoadOptions,
    Model, Segment, Want,
};

/// A small Qwen3-MoE whose heads the attention kernel takes.
fn qwen3_moe() -> Value {
    json!({
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
        "intermediate_size": 96, "moe_intermediate_size": 48, "num_experts": 8,
        "num_experts_per_tok": 2, "norm_topk_prob": true, "vocab_size": 90,
        "max_position_embeddings": 512, "rope_theta": 10000.0, "tie_word_embeddings": false
    })
}

/// A small Nemotron-H with every kind of layer, and a scan of the sizes that its kernel takes.
fn nemotron_h() -> Value {
    json!({
        "architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h", "hidden_size": 64,
        "hybrid_override_pattern": "MEM*-E", "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 64, "intermediate_size": 96, "mamba_num_heads": 4, "mamba_head_dim": 64,
        "n_groups": 2, "ssm_state_size": 128, "conv_kernel": 4, "n_routed_experts": 8,
        "num_experts_per_tok": 2, "moe_intermediate_size": 48, "n_shared_experts": 1,
        "moe_shared_expert_intermediate_size": 64, "norm_topk_prob": true,
        "routed_scaling_factor": 2.5, "layer_norm_epsilon": 1e-5, "vocab_size": 90,
        "max_position_embeddings": 512, "tie_word_embeddings": false
    })
}

fn segment(node: u64, parent: Option<u64>, tokens: std::ops::Range<u32>, keep: bool) -> Segment {
    let tokens: Vec<u32> = tokens.map(|i| i * i % 89).collect();
    let wants = (0..tokens.len()).map(|row| Want { row, targets: (0..90).collect() }).collect();
    let groups = vec![node as u32 % 2; tokens.len()];
    Segment { node, parent, append: false, tokens, groups, keep, wants }
}

/// A trunk that is kept, then branches of it beside an unrelated sequence, then a token appended; and
/// the routing of all passes.
fn run(model: &dyn Model) -> (Vec<ForwardOutput>, GroupRouting) {
    let (mut cache, mut counter) = (model.new_cache(), GroupCounter::new(model.architecture()));
    let append = Segment { append: true, ..segment(2, None, 9..10, true) };
    let passes = [
        vec![segment(1, None, 0..70, true)],
        vec![
            segment(2, Some(1), 3..20, true),
            segment(3, Some(2), 5..7, false),
            segment(4, None, 40..75, false),
        ],
        vec![append],
    ];
    let pass = |segments| {
        let batch = Batch { segments, groups: 2 };
        model.forward(&batch, &mut cache, &mut counter).expect("the batch is good")
    };
    let outputs = passes.into_iter().map(pass).collect();
    (outputs, counter.take().expect("sums can be read"))
}

fn log_probs(outputs: &[ForwardOutput]) -> Vec<f64> {
    let rows = outputs.iter().flat_map(|output| output.rows.iter().flatten());
    rows.flat_map(|row| row.log_probs.clone()).collect()
}

/// Kernels and candle's operations round to bf16 at other places, and so now and then choose another
/// expert; what both leave of the exact numbers (f64) is alike.
fn check(config: &Value) {
    let options = SyntheticOptions { seed: 3, ..Default::default() };
    let checkpoint = RandomCheckpoint::new("c".as_ref(), &config.to_string(), options).unwrap();
    let on = |dtype| LoadOptions { dtype, device: ComputeDevice::Portable };
    let [exact, rounded] =
        [ComputeDtype::Auto, ComputeDtype::Bf16].map(|d| checkpoint.load(&on(d)).unwrap());
    let (exact, _) = run(exact.as_ref());
    let (composed, composed_routing) = run(rounded.as_ref());
    EMULATE.set(true);
    let (emulated, routing) = run(rounded.as_ref());
    EMULATE.set(false);
    let exact = log_probs(&exact);
    let off = |outputs: &[ForwardOutput]| {
        let differences = log_probs(outputs).into_iter().zip(&exact).map(|(a, b)| (a - b).abs());
        differences.sum::<f64>() / exact.len() as f64
    };
    let (ours, theirs) = (off(&emulated), off(&composed));
    println!("mean |Δ| to f64: {ours:.4} with kernels, {theirs:.4} with candle's operations");
    assert!(ours < 1.5 * theirs + 0.01 && ours > 0.0, "{ours} against {theirs}");
    let (a, b) = (routing, composed_routing);
    assert_eq!((&a.tokens, a.invalid), (&b.tokens, 0));
    assert_eq!(a.tokens.iter().sum::<u64>(), 70 + 17 + 2 + 35 + 1);
    assert_eq!(a.selections.iter().sum::<u32>(), b.selections.iter().sum::<u32>());
    let moved: u32 = a.selections.iter().zip(&b.selections).map(|(a, b)| a.abs_diff(*b)).sum();
    assert!(moved * 8 <= a.selections.iter().sum::<u32>(), "{moved} choices moved");
    for (a, b) in a.entropy_bits.iter().zip(&b.entropy_bits) {
        assert!((a - b).abs() < 0.02 * b.max(1.0), "{a} bits instead of {b}");
    }
}

#[test]
fn a_qwen3_moe_runs_on_the_kernels() -> Result<()> {
    needs_emulator!();
    check(&qwen3_moe());
    Ok(())
}

#[test]
fn a_nemotron_h_runs_on_the_kernels() -> Result<()> {
    needs_emulator!();
    check(&nemotron_h());
    Ok(())
}
