//! What a checkpoint looks like on disk, what a cache costs and what a counter counts.

use harness_models::synthetic::{DiskDtype, SyntheticOptions};
use harness_models::{
    Architecture, ComputeDtype, GroupCounter, LoadOptions, RowOutput, Segment, load,
};

use crate::configs::{every_family, nemotron_h, qwen3_moe};
use crate::invariance::{alone, run};
use crate::support::{Trace, checkpoint, random_model, segment, worst};

#[test]
fn every_disk_layout_loads_to_the_same_model() {
    let tokens: Vec<u32> = (0..30).collect();
    let layouts = [
        SyntheticOptions { stacked_experts: true, ..Default::default() },
        SyntheticOptions { shards: 3, ..Default::default() },
    ];
    for config in every_family() {
        let plain = alone(random_model(&config, SyntheticOptions::default()).as_ref(), &tokens);
        for options in layouts {
            let same = alone(random_model(&config, options).as_ref(), &tokens) == plain;
            assert!(same, "{options:?} of {config}");
        }
    }
}

/// A node of a hybrid costs a state of fixed size besides its keys, and the model says how much.
#[test]
fn caches_hold_as_much_as_the_architecture_says() {
    for config in every_family() {
        let model = random_model(&config, SyntheticOptions::default());
        let mut cache = model.new_cache();
        let keep = |node, parent| Segment { keep: true, ..segment(node, parent, &[1, 2, 3], 0) };
        run(model.as_ref(), &mut cache, vec![keep(1, None), keep(2, Some(1))]);
        let architecture = model.architecture();
        let expected =
            6 * architecture.kv_bytes_per_token() + 2 * architecture.state_bytes_per_node();
        assert_eq!(cache.bytes(), expected, "{config}");
    }
}

#[test]
fn half_types_load_and_round_only_weights() {
    let tokens: Vec<u32> = (0..30).collect();
    let plain = alone(random_model(&qwen3_moe(), SyntheticOptions::default()).as_ref(), &tokens);
    for (dtype, within) in [(DiskDtype::Bf16, 0.5), (DiskDtype::F16, 0.05)] {
        let rows = alone(
            random_model(&qwen3_moe(), SyntheticOptions { dtype, ..Default::default() }).as_ref(),
            &tokens,
        );
        let numbers =
            |rows: &[RowOutput]| rows.iter().flat_map(|r| r.log_probs.clone()).collect::<Vec<_>>();
        let difference = worst(numbers(&rows), numbers(&plain));
        assert!(difference > 0.0 && difference < within, "{dtype:?}: {difference}");
    }
}

/// Memory is all that it saves: the numbers of every family are the same to the bit.
#[test]
fn weights_kept_in_bf16_compute_what_their_widened_values_do() {
    let tokens: Vec<u32> = (0..30).collect();
    let options = SyntheticOptions { dtype: DiskDtype::Bf16, ..Default::default() };
    for config in every_family() {
        let folder = checkpoint(&config, options);
        let [kept, widened] = [ComputeDtype::Auto, ComputeDtype::F32].map(|dtype| {
            let options = LoadOptions { dtype, ..Default::default() };
            load(folder.path(), &options).unwrap()
        });
        assert!(alone(kept.as_ref(), &tokens) == alone(widened.as_ref(), &tokens), "{config}");
        let architecture = kept.architecture();
        let [auto, f32] =
            [ComputeDtype::Auto, ComputeDtype::F32].map(|d| architecture.weight_bytes(d));
        assert_eq!(f32, architecture.parameters_total * 4);
        assert!(auto < f32 * 6 / 10, "{config}: {auto} of {f32}");
    }
}

/// Rounding moves numbers a little. (Packing then moves them too, by 2e-3 here: what differs in the last place of f32
/// may round to another bf16.)
#[test]
fn products_in_bf16_are_close_to_those_in_f32() {
    let tokens: Vec<u32> = (0..30).collect();
    for config in [qwen3_moe(), nemotron_h()] {
        let folder = checkpoint(&config, SyntheticOptions::default());
        let [exact, rounded] = [ComputeDtype::F32, ComputeDtype::Bf16].map(|dtype| {
            let options = LoadOptions { dtype, ..Default::default() };
            load(folder.path(), &options).unwrap()
        });
        let numbers =
            |rows: &[RowOutput]| rows.iter().flat_map(|r| r.log_probs.clone()).collect::<Vec<_>>();
        let [ours, expected] =
            [&rounded, &exact].map(|model| numbers(&alone(model.as_ref(), &tokens)));
        let mean =
            ours.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum::<f64>() / ours.len() as f64;
        assert!(mean > 0.0 && mean < 0.1, "{mean}");
    }
}

#[test]
fn counted_routing_is_the_sum_of_what_routers_decided() {
    let model = random_model(&qwen3_moe(), SyntheticOptions::default());
    let tokens: Vec<u32> = (0..20).collect();
    let mut one = segment(1, None, &tokens, 0);
    one.groups = (0..20).map(|i| if i == 0 { harness_models::UNCOUNTED } else { i % 2 }).collect();
    let batch = harness_models::Batch { segments: vec![one], groups: 2 };
    let (mut trace, mut counter) = (Trace::default(), GroupCounter::new(model.architecture()));
    model.forward(&batch, &mut model.new_cache(), &mut trace).unwrap();
    model.forward(&batch, &mut model.new_cache(), &mut counter).unwrap();
    let sums = counter.take().unwrap();
    let Architecture { experts, top_k, moe_layers, .. } = model.architecture();
    assert_eq!(moe_layers, &[0, 2]);
    assert_eq!(sums.tokens, [9, 10]);
    assert_eq!(sums.selections.iter().sum::<u32>() as usize, 19 * top_k * moe_layers.len());
    for (layer, decision) in &trace.0 {
        let mut expected = vec![0u32; *experts];
        (1..20)
            .step_by(2)
            .flat_map(|t| decision.ids_of(t))
            .for_each(|&id| expected[id as usize] += 1);
        let at = (moe_layers.len() + layer.index) * experts;
        assert_eq!(sums.selections[at..at + experts], expected);
        let score: f64 = sums.scores[at..at + experts].iter().sum();
        assert!((score - 10.0).abs() < 1e-5);
    }
    assert!(sums.entropy_bits.iter().all(|&h| h > 0.0 && h < 10.0 * (*experts as f64).log2()));
}
