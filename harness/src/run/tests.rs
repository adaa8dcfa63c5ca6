//! Sharing, batching and order change no number.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use harness_metrics::RoutingCounts;
use harness_models::{
    Architecture, Batch, Cache, ForwardError, ForwardOutput, LoadOptions, Model, RoutingObserver,
    load,
};
use harness_reports::record::Span;
use proptest::prelude::*;

use super::{Budget, Executor, HELD_SUMS, Interrupt, PassAnswer, WindowOutcome};
use crate::encode::{GenerationLimits, Pass, TextEncoder};
use crate::plan::Cell;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/model")
}

fn run(model: &dyn Model, batch_tokens: usize, passes: &[(usize, &Pass)]) -> WindowOutcome {
    run_holding(HELD_SUMS, model, batch_tokens, passes)
}

fn run_holding(
    held_sums: usize,
    model: &dyn Model,
    batch_tokens: usize,
    passes: &[(usize, &Pass)],
) -> WindowOutcome {
    let executor = Executor {
        model,
        encoder: &TextEncoder::load(&fixture(), None).unwrap(),
        ends: HashSet::new(),
        budget: &Budget::new(batch_tokens),
        routing: true,
        trace: true,
        keep_cell_scores: true,
        held_sums,
        interrupt: &Interrupt::default(),
    };
    executor.run(passes, &mut |_| {}).unwrap()
}

/// Sequences over a small alphabet, so that prefixes are shared, some of them to be continued.
fn passes() -> impl Strategy<Value = Vec<Pass>> {
    let pass = (prop::collection::vec(0u32..3, 2..24), 0usize..3, 0usize..4);
    let pass = pass.prop_map(|(letters, scored, kind)| {
        let tokens: Vec<u32> = letters.iter().map(|letter| letter + 40).collect();
        let spans = (0..tokens.len()).map(|at| Span::ALL.get(at % 6).copied()).collect();
        let scored = scored.min(tokens.len() - 1);
        Pass {
            first_row: tokens.len() - scored,
            targets: tokens[..scored].to_vec(),
            spans,
            generation: (kind == 0)
                .then(|| GenerationLimits { max_new_tokens: 5, until: vec!["\n".into()] }),
            tokens,
        }
    });
    prop::collection::vec(pass, 1..12)
}

fn assert_same(ours: &PassAnswer, alone: &PassAnswer) {
    match (ours, alone) {
        (
            PassAnswer::Scored { log_prob: a, is_greedy: x },
            PassAnswer::Scored { log_prob: b, is_greedy: y },
        ) => assert!((a - b).abs() < 1e-5 && x == y, "{a} is not {b}"),
        _ => assert_eq!(ours, alone),
    }
}

/// Counts are equal; sums of scores differ by the order of f32 additions only.
fn assert_same_routing(ours: &RoutingCounts, alone: &RoutingCounts) {
    assert_eq!((ours.tokens, &ours.selections), (alone.tokens, &alone.selections));
    for (a, b) in ours.entropy_bits.iter().zip(&alone.entropy_bits) {
        assert!((a - b).abs() < 1e-4, "{a} bits are not {b}");
    }
    let (ours, alone) = (ours.scores.as_ref().unwrap(), alone.scores.as_ref().unwrap());
    for (a, b) in ours.iter().zip(alone) {
        assert!((a - b).abs() < 1e-5, "{a} is not {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_equals_its_passes_alone(
        passes in passes(),
        batch_tokens in 3usize..80,
        held_sums in 0usize..20_000,
    ) {
        let model = load(&fixture(), &LoadOptions::default()).unwrap();
        let pairs: Vec<(usize, &Pass)> = passes.iter().enumerate().collect();
        let together = run_holding(held_sums, model.as_ref(), batch_tokens, &pairs);
        let mut cells: BTreeMap<Cell, RoutingCounts> = BTreeMap::new();
        for (index, pair) in pairs.iter().enumerate() {
            let alone = run(model.as_ref(), 10_000, &[*pair]);
            assert_same(&together.answers[index], &alone.answers[0]);
            cells.extend(alone.cells);
        }
        let backwards: Vec<(usize, &Pass)> = pairs.iter().rev().copied().collect();
        let reordered = run(model.as_ref(), batch_tokens, &backwards);
        for (answer, same) in together.answers.iter().zip(reordered.answers.iter().rev()) {
            assert_same(answer, same);
        }
        prop_assert_eq!(together.cells.keys().collect::<Vec<_>>(), cells.keys().collect::<Vec<_>>());
        for (cell, counts) in &cells {
            assert_same_routing(&together.cells[cell], counts);
        }
        for (span, total) in &together.totals {
            let tokens = cells.iter().filter(|(cell, _)| cell.span == *span).map(|(_, counts)| counts.tokens);
            prop_assert_eq!(total.tokens, tokens.sum::<u64>());
        }
    }
}

#[test]
fn a_generation_ends_at_its_limit_and_counts_what_was_fed() {
    let model = load(&fixture(), &LoadOptions::default()).unwrap();
    let limits = GenerationLimits { max_new_tokens: 7, until: Vec::new() };
    let pass = Pass {
        tokens: vec![50, 51],
        spans: vec![Some(Span::Question); 2],
        generation: Some(limits),
        ..Pass::default()
    };
    let outcome = run(model.as_ref(), 100, &[(0, &pass)]);
    assert!(matches!(outcome.answers[0], PassAnswer::Generated { tokens: 7, .. }));
    let generated = &outcome.cells[&Cell { document: 0, span: Span::Generated }];
    assert_eq!(generated.tokens, 6, "the last token is not fed");
}

/// A device that holds so many tokens at once, and notes the routing groups of every batch.
struct Watched {
    model: Box<dyn Model>,
    room: usize,
    groups: RefCell<Vec<usize>>,
}

impl Watched {
    fn with_room(room: usize) -> Self {
        let model = load(&fixture(), &LoadOptions::default()).unwrap();
        Self { model, room, groups: RefCell::default() }
    }
}

impl Model for Watched {
    fn architecture(&self) -> &Architecture {
        self.model.architecture()
    }

    fn new_cache(&self) -> Cache {
        self.model.new_cache()
    }

    fn forward(
        &self,
        batch: &Batch,
        cache: &mut Cache,
        observer: &mut dyn RoutingObserver,
    ) -> Result<ForwardOutput, ForwardError> {
        let tokens = batch.tokens();
        if tokens > self.room {
            return Err(ForwardError::OutOfMemory { tokens, reason: "no memory".into() });
        }
        self.groups.borrow_mut().push(batch.groups);
        self.model.forward(batch, cache, observer)
    }
}

/// Documents of which each asks for so many tokens.
fn generations(documents: u32, max_new_tokens: usize) -> Vec<Pass> {
    let limits = GenerationLimits { max_new_tokens, until: Vec::new() };
    let pass = |document| Pass {
        tokens: vec![40, 41, 42 + document, 50],
        spans: [Span::Context, Span::Context, Span::Question, Span::Question].map(Some).to_vec(),
        generation: Some(limits.clone()),
        ..Pass::default()
    };
    (0..documents).map(pass).collect()
}

#[test]
fn a_sequence_keeps_its_group_from_step_to_step() {
    let model = Watched::with_room(usize::MAX);
    let passes = generations(6, 40);
    let pairs: Vec<(usize, &Pass)> = passes.iter().enumerate().collect();
    let outcome = run(&model, 100, &pairs);
    // The shared start and a question of each document, then what each writes.
    assert_eq!(model.groups.borrow()[0], 1 + 6);
    assert_eq!(model.groups.borrow()[1..], [1 + 6 + 6; 39]);
    for document in 0..6 {
        let generated = &outcome.cells[&Cell { document, span: Span::Generated }];
        let choices = generated.shape.layers * generated.shape.top_k;
        assert_eq!(generated.tokens, 39, "the last token is not fed");
        assert_eq!(generated.selections.iter().sum::<u64>() as usize, 39 * choices);
    }
}

#[test]
fn reading_the_counter_within_a_window_changes_no_count() {
    let model = Watched::with_room(usize::MAX);
    let passes = generations(9, 12);
    let pairs: Vec<(usize, &Pass)> = passes.iter().enumerate().collect();
    // Nine sequences begin in several batches, some of them beside sequences that are being continued.
    let at_the_end = run(&model, 12, &pairs);
    let grows = |groups: &[usize]| groups.windows(2).all(|pair| pair[0] <= pair[1]);
    assert!(grows(&model.groups.take()));
    let bytes = at_the_end.cells.values().next().unwrap().shape.cells() * 12;
    for held_groups in [0, 1, 7, 15] {
        let outcome = run_holding(held_groups * bytes, &model, 12, &pairs);
        let groups = model.groups.take();
        assert!(!grows(&groups), "{groups:?}");
        // A batch of twelve tokens has no more groups, and the limit is only passed for the first batch.
        assert!(groups.iter().all(|&groups| groups <= held_groups.max(12)), "{groups:?}");
        assert_eq!(
            (outcome.near_ties, &outcome.traces),
            (at_the_end.near_ties, &at_the_end.traces)
        );
        assert_eq!(outcome.answers, at_the_end.answers);
        assert!(outcome.cells.keys().eq(at_the_end.cells.keys()));
        assert!(outcome.totals.keys().eq(at_the_end.totals.keys()));
        let all = |outcome: &WindowOutcome| -> Vec<RoutingCounts> {
            outcome.cells.values().chain(outcome.totals.values()).cloned().collect()
        };
        all(&outcome).iter().zip(&all(&at_the_end)).for_each(|(a, b)| assert_same_routing(a, b));
    }
}

#[test]
fn a_device_without_room_is_given_smaller_batches_until_it_has() {
    let model = load(&fixture(), &LoadOptions::default()).unwrap();
    let pass = |first: u32| Pass {
        tokens: (first..first + 60).collect(),
        spans: vec![Some(Span::Question); 60],
        first_row: 59,
        targets: vec![7],
        generation: None,
    };
    let passes: Vec<Pass> = (0..10).map(|document| pass(40 + document)).collect();
    let pairs: Vec<(usize, &Pass)> = passes.iter().enumerate().collect();
    let roomy = run(model.as_ref(), 600, &pairs);
    let cramped = Watched::with_room(160);
    let outcome = run(&cramped, 600, &pairs);
    assert_eq!(outcome.answers.len(), 10);
    outcome.answers.iter().zip(&roomy.answers).for_each(|(a, b)| assert_same(a, b));
    for (cell, counts) in &roomy.cells {
        assert_same_routing(&outcome.cells[cell], counts);
    }
    let hopeless = Watched { room: 0, ..cramped };
    let budget = Budget::new(600);
    let executor = Executor {
        model: &hopeless,
        encoder: &TextEncoder::load(&fixture(), None).unwrap(),
        ends: HashSet::new(),
        budget: &budget,
        routing: false,
        trace: false,
        keep_cell_scores: false,
        held_sums: HELD_SUMS,
        interrupt: &Interrupt::default(),
    };
    let error = executor.run(&pairs, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("ran out of memory on"), "{error}");
    assert!(budget.tokens() < 128);
}
