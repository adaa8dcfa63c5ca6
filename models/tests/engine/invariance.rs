//! Results depend on tokens alone: not on packing, splitting or order of appending.

use harness_models::synthetic::SyntheticOptions;
use harness_models::{Cache, Model, NoRouting, RowOutput, Segment};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::configs::{every_family, nemotron_h, qwen3_moe};
use crate::strategies::any_config;
use crate::support::{batch, random_model, segment, worst};

const TOLERANCE: f64 = 1e-5;

pub(crate) fn run(
    model: &dyn Model,
    cache: &mut Cache,
    segments: Vec<Segment>,
) -> Vec<Vec<RowOutput>> {
    let output = model.forward(&batch(segments), cache, &mut NoRouting).unwrap();
    assert!(output.non_finite.iter().all(Option::is_none));
    output.rows
}

fn vocab(model: &dyn Model) -> usize {
    model.architecture().vocab_size
}

/// One sequence in one pass of its own.
pub(crate) fn alone(model: &dyn Model, tokens: &[u32]) -> Vec<RowOutput> {
    let mut rows = run(model, &mut model.new_cache(), vec![segment(0, None, tokens, vocab(model))]);
    rows.remove(0)
}

fn assert_same(ours: &[RowOutput], expected: &[RowOutput]) {
    let numbers =
        |rows: &[RowOutput]| rows.iter().flat_map(|r| r.log_probs.clone()).collect::<Vec<_>>();
    let difference = worst(numbers(ours), numbers(expected));
    assert!(difference < TOLERANCE, "{difference}");
}

/// A prefix and two continuations in one packed pass, beside an unrelated sequence.
fn packed_forest(model: &dyn Model, tokens: &[u32], cut: usize) {
    let (prefix, rest) = tokens.split_at(cut);
    let other: Vec<u32> = tokens.iter().rev().copied().collect();
    let v = vocab(model);
    let segments = vec![
        segment(7, None, &other, v),
        segment(1, None, prefix, v),
        segment(2, Some(1), rest, v),
        segment(3, Some(1), &rest[..1], v),
    ];
    let rows = run(model, &mut model.new_cache(), segments);
    let expected = alone(model, tokens);
    assert_same(&rows[0], &alone(model, &other));
    assert_same(&rows[1], &expected[..cut]);
    assert_same(&rows[2], &expected[cut..]);
    assert_same(&rows[3], &expected[cut..=cut]);
}

/// A prefix kept in one pass, continued in a second and, from there, in a third.
fn split_with_kept_state(model: &dyn Model, tokens: &[u32], cut: usize) {
    let (mut cache, expected) = (model.new_cache(), alone(model, tokens));
    let (prefix, rest) = tokens.split_at(cut);
    let (middle, end) = rest.split_at(rest.len() / 2);
    let keep = |s: Segment| Segment { keep: true, ..s };
    let v = vocab(model);
    assert_same(
        &run(model, &mut cache, vec![keep(segment(1, None, prefix, v))])[0],
        &expected[..cut],
    );
    let mut last = 1;
    if !middle.is_empty() {
        let rows = run(model, &mut cache, vec![keep(segment(2, Some(1), middle, v))]);
        assert_same(&rows[0], &expected[cut..cut + middle.len()]);
        (last, _) = (2, cache.free(1));
    }
    let rows = run(
        model,
        &mut cache,
        vec![segment(3, Some(last), end, v), segment(4, Some(last), end, v)],
    );
    assert_same(&rows[0], &expected[cut + middle.len()..]);
    assert_same(&rows[1], &expected[cut + middle.len()..]);
    assert_eq!(cache.position(last), Some(cut + middle.len()));
    cache.free(last);
    assert_eq!((cache.bytes(), cache.len()), (0, 0));
}

/// Two sequences that share a kept prefix, each appended to token by token in common passes.
fn token_by_token(model: &dyn Model, tokens: &[u32], cut: usize) {
    let (mut cache, v) = (model.new_cache(), vocab(model));
    let (prefix, rest) = tokens.split_at(cut);
    let other: Vec<u32> = rest.iter().rev().copied().collect();
    let whole: Vec<u32> = prefix.iter().chain(&other).copied().collect();
    run(model, &mut cache, vec![Segment { keep: true, ..segment(1, None, prefix, v) }]);
    let (expected, expected_other) = (alone(model, tokens), alone(model, &whole));
    for (i, (&a, &b)) in rest.iter().zip(&other).enumerate() {
        let next = |node, token: u32| {
            let append = i > 0;
            Segment { append, keep: true, ..segment(node, (!append).then_some(1), &[token], v) }
        };
        let rows = run(model, &mut cache, vec![next(2, a), next(3, b)]);
        assert_same(&rows[0], &expected[cut + i..=cut + i]);
        assert_same(&rows[1], &expected_other[cut + i..=cut + i]);
    }
    // One pass that appends several tokens to a node whose state came in pieces.
    let rows =
        run(model, &mut cache, vec![Segment { append: true, ..segment(2, None, &other, v) }]);
    let longer: Vec<u32> = tokens.iter().chain(&other).copied().collect();
    assert_same(&rows[0], &alone(model, &longer)[tokens.len()..]);
}

/// All invariances of one model on one sequence, cut at a place.
pub(crate) fn check(model: &dyn Model, tokens: &[u32], cut: usize) {
    packed_forest(model, tokens, cut);
    split_with_kept_state(model, tokens, cut);
    token_by_token(model, tokens, cut);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        // The same cases in every run: a test that fails one time in many says nothing useful.
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_split_of_any_sequence_gives_the_same(
        config in any_config(),
        seed in any::<u64>(),
        tokens in prop::collection::vec(0u32..50, 3..40),
        at in 0.0..1.0f64,
    ) {
        let model = random_model(&config, SyntheticOptions { seed, ..Default::default() });
        let cut = 1 + ((tokens.len() - 2) as f64 * at) as usize;
        check(model.as_ref(), &tokens, cut);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_family_can_be_cut_anywhere(
        seed in any::<u64>(),
        tokens in prop::collection::vec(0u32..40, 4..24),
        at in 0.0..1.0f64,
    ) {
        let cut = 1 + ((tokens.len() - 2) as f64 * at) as usize;
        for config in every_family() {
            println!("{}", config["model_type"]);
            let model = random_model(&config, SyntheticOptions { seed, ..Default::default() });
            check(model.as_ref(), &tokens, cut);
        }
    }
}

/// Long enough for several key blocks, query tiles and scan chunks.
#[test]
fn long_sequences_cross_tiles_blocks_and_chunks() {
    let tokens: Vec<u32> = (0..700u32).map(|i| i * i % 47).collect();
    for config in [qwen3_moe(), nemotron_h()] {
        let model = random_model(&config, SyntheticOptions::default());
        packed_forest(model.as_ref(), &tokens, 300);
        split_with_kept_state(model.as_ref(), &tokens, 513);
    }
}
