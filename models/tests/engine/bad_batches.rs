//! Batches that cannot be, and weights that are not numbers.

use std::fs;

use harness_models::synthetic::SyntheticOptions;
use harness_models::{
    Batch, Cache, ForwardError, GroupCounter, LoadOptions, NoRouting, Place, Segment, UNCOUNTED,
    Want, load,
};
use tempfile::TempDir;

use crate::breakage::{WEIGHTS, good, header_of, old_header_length};
use crate::configs::qwen3_moe;
use crate::support::{batch, random_model, segment};

/// Sets one number of the embedding of one token to NaN.
pub(crate) fn poisoned(token: usize) -> TempDir {
    let dir = good();
    let header = header_of(dir.path());
    let start = header["model.embed_tokens.weight"]["data_offsets"][0].as_u64().unwrap() as usize;
    let mut bytes = fs::read(dir.path().join(WEIGHTS)).unwrap();
    let at = old_header_length(dir.path()) + start + token * 24 * 4;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(dir.path().join(WEIGHTS), bytes).unwrap();
    dir
}

#[test]
fn a_nan_stays_in_its_document() {
    let model = load(poisoned(13).path(), &LoadOptions::default()).unwrap();
    let healthy = random_model(&qwen3_moe(), SyntheticOptions::default());
    let segments = || {
        vec![
            segment(0, None, &[1, 2, 3], 50),
            segment(1, None, &[1, 13, 3], 50),
            segment(2, Some(1), &[4], 50),
        ]
    };
    let run = |model: &dyn harness_models::Model| {
        model.forward(&batch(segments()), &mut model.new_cache(), &mut NoRouting).unwrap()
    };
    let (sick, well) = (run(model.as_ref()), run(healthy.as_ref()));
    assert_eq!(sick.non_finite, [None, Some(Place::Embedding), Some(Place::Layer(0))]);
    assert_eq!(sick.rows[0], well.rows[0]);
    assert_eq!(Place::Layer(0).to_string(), "layer 0");
}

/// Whatever routed a token that is not a number is no routing, and says so; other groups stay whole.
#[test]
fn a_group_with_a_nan_counts_no_routing() {
    let model = load(poisoned(13).path(), &LoadOptions::default()).unwrap();
    let counted = |node, group, tokens: &[u32]| Segment {
        groups: vec![group; tokens.len()],
        ..segment(node, None, tokens, 0)
    };
    let batch =
        Batch { segments: vec![counted(0, 0, &[1, 2, 3]), counted(1, 1, &[1, 13, 3])], groups: 2 };
    let mut counter = GroupCounter::new(model.architecture());
    model.forward(&batch, &mut model.new_cache(), &mut counter).unwrap();
    let sums = counter.take().unwrap();
    let half = sums.selections.len() / 2;
    let (healthy, sick) = sums.selections.split_at(half);
    assert_eq!((sums.tokens, healthy.iter().sum::<u32>()), (vec![3, 0], 3 * 2 * 2));
    assert!(sick.iter().all(|&n| n == 0) && sums.scores[half..].iter().all(|&s| s == 0.0));
    // Three tokens in two layers: the first too, since a hidden value weighs zero and 0 · NaN is NaN.
    assert_eq!(sums.invalid, 6);
    assert!(sums.entropy_bits.iter().all(|h| h.is_finite()));
}

#[test]
fn impossible_batches_are_refused_and_leave_the_cache_alone() {
    let model = random_model(&qwen3_moe(), SyntheticOptions::default());
    let mut cache = model.new_cache();
    let keep = Segment { keep: true, ..segment(1, None, &[1, 2], 50) };
    model.forward(&batch(vec![keep]), &mut cache, &mut NoRouting).unwrap();
    let plain = |node, parent| segment(node, parent, &[1, 2], 0);
    let wants = |row, target| Segment {
        wants: vec![Want { row, targets: vec![target] }],
        ..plain(5, None)
    };
    let cases: Vec<(Segment, &str)> = vec![
        (Segment { tokens: vec![], groups: vec![], ..plain(5, None) }, "no tokens"),
        (Segment { tokens: vec![1, 50], ..plain(5, None) }, "id 50 is outside the vocabulary"),
        (Segment { groups: vec![0], ..plain(5, None) }, "1 groups for 2 tokens"),
        (Segment { groups: vec![0, UNCOUNTED], ..plain(5, None) }, "group 0 of a batch with 0"),
        (wants(2, 0), "row 2 of 2"),
        (wants(0, 99), "target 99"),
        (plain(5, Some(9)), "node 9, which is neither"),
        (plain(1, None), "node 1 exists already"),
        (Segment { append: true, ..plain(5, None) }, "cannot append to node 5"),
    ];
    for (segment, words) in cases {
        let error = model.forward(&batch(vec![segment]), &mut cache, &mut NoRouting).unwrap_err();
        assert!(error.to_string().contains(words), "{words:?} is not in: {error}");
        assert_eq!((cache.len(), cache.position(1)), (1, Some(2)));
    }
    let foreign =
        model.forward(&batch(vec![plain(5, None)]), &mut Cache::default(), &mut NoRouting);
    assert!(matches!(foreign, Err(ForwardError::ForeignCache { .. })));
    assert!(model.forward(&Batch::default(), &mut cache, &mut NoRouting).unwrap().rows.is_empty());
}
