//! What accelerators compute, seen on the CPU: candle's operations in f64 and bf16 beside the CPU's own
//! arithmetic in f32.

use harness_models::synthetic::{DiskDtype, SyntheticOptions};
use harness_models::{
    Batch, ComputeDevice, ComputeDtype, ForwardOutput, LoadOptions, Model, Place, Segment, Want,
    load,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use crate::bad_batches::poisoned;
use crate::configs::{every_family, nemotron_h, qwen3_moe};
use crate::invariance;
use crate::strategies::any_config;
use crate::support::{Trace, batch, checkpoint, segment, worst};

/// f32 against f64: what the CPU's arithmetic rounds.
const TOLERANCE: f64 = 1e-4;

fn portable(dtype: ComputeDtype) -> LoadOptions {
    LoadOptions { dtype, device: ComputeDevice::Portable }
}

/// A checkpoint's model on the CPU's own arithmetic, and on candle's in f64.
fn both(config: &Value, seed: u64) -> [Box<dyn Model>; 2] {
    let folder = checkpoint(config, SyntheticOptions { seed, ..Default::default() });
    [LoadOptions::default(), portable(ComputeDtype::Auto)]
        .map(|options| load(folder.path(), &options).unwrap())
}

/// A prefix, two continuations and an unrelated sequence.
fn forest(tokens: &[u32], vocab: usize) -> Batch {
    let (prefix, rest) = tokens.split_at(tokens.len() / 2);
    batch(vec![
        segment(1, None, prefix, vocab),
        segment(2, Some(1), rest, vocab),
        segment(3, None, &tokens[1..], vocab),
        segment(4, Some(1), &rest[..1], vocab),
    ])
}

fn forward(model: &dyn Model, batch: &Batch) -> (ForwardOutput, Trace) {
    let mut trace = Trace::default();
    let output = model.forward(batch, &mut model.new_cache(), &mut trace).unwrap();
    (output, trace)
}

fn log_probs(output: &ForwardOutput) -> Vec<f64> {
    output.rows.iter().flatten().flat_map(|row| row.log_probs.clone()).collect()
}

/// Log-probabilities and router logits agree, and so do choices where nothing nearly ties.
fn assert_agree(cpu: &dyn Model, other: &dyn Model, tokens: &[u32]) {
    let batch = forest(tokens, cpu.architecture().vocab_size);
    let ((expected, decided), (found, decisions)) = (forward(cpu, &batch), forward(other, &batch));
    let difference = worst(log_probs(&found), log_probs(&expected));
    assert!(difference < TOLERANCE, "log-probabilities differ by {difference}");
    assert_eq!(decided.0.len(), decisions.0.len());
    for ((_, a), (_, b)) in decided.0.iter().zip(&decisions.0) {
        let logits = worst(b.logits.iter().map(|&l| l.into()), a.logits.iter().map(|&l| l.into()));
        assert!(logits < TOLERANCE, "router logits differ by {logits}");
        for token in 0..a.tokens {
            assert!(a.ids_of(token) == b.ids_of(token) || nearly_tied(a.choice_of(token), a.top_k));
        }
    }
}

fn nearly_tied(choice: &[f32], top_k: usize) -> bool {
    let mut sorted = choice.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted[..sorted.len().min(top_k + 1)].windows(2).any(|pair| pair[0] - pair[1] < 1e-4)
}

#[test]
fn every_family_computes_the_same_from_candles_operations() {
    let tokens: Vec<u32> = (0..37u32).map(|i| i * i % 40).collect();
    for config in every_family() {
        println!("{}", config["model_type"]);
        let [cpu, other] = both(&config, 5);
        assert_agree(cpu.as_ref(), other.as_ref(), &tokens);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        rng_seed: RngSeed::Fixed(13),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_configurations_compute_the_same_however_they_are_cut(
        config in any_config(),
        seed in any::<u64>(),
        tokens in prop::collection::vec(0u32..50, 3..24),
        at in 0.0..1.0f64,
    ) {
        let [cpu, other] = both(&config, seed);
        assert_agree(cpu.as_ref(), other.as_ref(), &tokens);
        let cut = 1 + ((tokens.len() - 2) as f64 * at) as usize;
        invariance::check(other.as_ref(), &tokens, cut);
    }
}

/// Several chunks of the scan and blocks of kept keys.
#[test]
fn long_sequences_compute_the_same() {
    let tokens: Vec<u32> = (0..200u32).map(|i| i * i % 47).collect();
    for config in [qwen3_moe(), nemotron_h()] {
        let [cpu, other] = both(&config, 1);
        assert_agree(cpu.as_ref(), other.as_ref(), &tokens);
    }
}

/// bf16 goes to a device as the file has it, other types through f32: both give the same model.
#[test]
fn weights_in_bf16_on_disk_are_those_that_rounding_makes() {
    let tokens: Vec<u32> = (0..30).collect();
    for stacked_experts in [false, true] {
        let [kept, rounded] = [DiskDtype::Bf16, DiskDtype::F32].map(|dtype| {
            let options = SyntheticOptions { dtype, stacked_experts, ..Default::default() };
            let folder = checkpoint(&qwen3_moe(), options);
            let model = load(folder.path(), &portable(ComputeDtype::Bf16)).unwrap();
            let rows = invariance::alone(model.as_ref(), &tokens);
            rows.iter().flat_map(|row| row.log_probs.clone()).collect::<Vec<_>>()
        });
        // Norms and other vectors stay in f32, where their bf16 on disk shows.
        assert!(worst(kept, rounded) < 0.2);
    }
}

/// Sequences that begin at different times and are written for long: their keys are joined on the way.
#[test]
fn long_generations_beside_each_other_compute_what_each_does_alone() {
    let tokens: Vec<u32> = (0..110u32).map(|i| i * i % 47).collect();
    for config in [qwen3_moe(), nemotron_h()] {
        let [_, model] = both(&config, 2);
        let v = model.architecture().vocab_size;
        let expected = invariance::alone(model.as_ref(), &tokens);
        let mut cache = model.new_cache();
        let trunk = Segment { keep: true, ..segment(9, None, &tokens[..8], v) };
        invariance::run(model.as_ref(), &mut cache, vec![trunk]);
        for step in 0..100usize {
            let next = |node: u64| {
                // Sequence n begins n · 7 steps late.
                let at = step.checked_sub(7 * node as usize)?;
                let one = segment(node, (at == 0).then_some(9), &tokens[8 + at..9 + at], v);
                Some(Segment { append: at > 0, keep: true, ..one })
            };
            let segments: Vec<Segment> = (0..4).filter_map(next).collect();
            let rows = invariance::run(model.as_ref(), &mut cache, segments);
            for (node, rows) in rows.iter().enumerate() {
                let row = &expected[8 + step - 7 * node];
                let difference = worst(rows[0].log_probs.clone(), row.log_probs.clone());
                assert!(difference < 1e-9, "step {step}, sequence {node}: {difference}");
            }
        }
    }
}

/// A device is asked only after the pass where a number was not finite; the answer is the CPU's.
#[test]
fn what_is_not_finite_is_found_at_the_same_place() {
    let folder = poisoned(13);
    let places = [LoadOptions::default(), portable(ComputeDtype::Auto)].map(|options| {
        let model = load(folder.path(), &options).unwrap();
        let segments = vec![
            segment(0, None, &[1, 2, 3], 50),
            segment(1, None, &[1, 13, 3], 50),
            segment(2, Some(1), &[4], 50),
        ];
        forward(model.as_ref(), &batch(segments)).0.non_finite
    });
    assert_eq!(places[0], places[1]);
    assert_eq!(places[0], [None, Some(Place::Embedding), Some(Place::Layer(0))]);
}

/// What bf16 rows cost in accuracy on the demo's trained checkpoints: the figures of docs/cuda.md.
#[test]
fn rows_in_bf16_move_log_probabilities_and_choices_a_little() {
    for name in ["base", "cpt", "sft"] {
        let dir = crate::families::root().join("../demo/models").join(name);
        let [exact, rounded] = [LoadOptions::default(), portable(ComputeDtype::Bf16)]
            .map(|options| load(&dir, &options).unwrap());
        let tokens = written(exact.as_ref(), 120);
        let wants = tokens.windows(2).enumerate();
        let wants = wants.map(|(row, pair)| Want { row, targets: vec![pair[1]] }).collect();
        let one = batch(vec![Segment { wants, ..segment(1, None, &tokens, 0) }]);
        let ((expected, decided), (found, decisions)) =
            (forward(exact.as_ref(), &one), forward(rounded.as_ref(), &one));
        let (a, b) = (log_probs(&expected), log_probs(&found));
        let mean = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / a.len() as f64;
        let (mut moved, mut all) = (0, 0);
        for ((_, a), (_, b)) in decided.0.iter().zip(&decisions.0) {
            let kept = |t: usize| a.ids_of(t).iter().filter(|id| b.ids_of(t).contains(id)).count();
            (all, moved) =
                (all + a.ids.len(), moved + a.ids.len() - (0..a.tokens).map(kept).sum::<usize>());
        }
        let largest = worst(a, b);
        println!(
            "{name}: mean |Δ| {mean:.4}, largest {largest:.4}, {moved} of {all} choices moved"
        );
        assert!(mean < 0.02 && largest < 0.3 && moved * 50 < all, "{name}");
    }
}

/// What a model writes by itself, token by token.
fn written(model: &dyn Model, length: usize) -> Vec<u32> {
    let mut tokens = vec![1];
    while tokens.len() < length {
        let wants = vec![Want { row: tokens.len() - 1, targets: vec![] }];
        let one = batch(vec![Segment { wants, ..segment(1, None, &tokens, 0) }]);
        tokens.push(forward(model, &one).0.rows[0][0].argmax);
    }
    tokens
}
