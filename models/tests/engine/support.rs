//! Shared helpers: scratch checkpoints, batches, a trace of routing.

use std::path::PathBuf;

use harness_models::synthetic::{SyntheticOptions, write_checkpoint};
use harness_models::{
    Batch, LoadOptions, Model, MoeLayer, NodeId, RouterDecision, RoutingObserver, Segment,
    UNCOUNTED, Want, load,
};
use serde_json::Value;
use tempfile::TempDir;

/// Reference data beside the workspace, where there are any.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: ../shared is not here");
    None
}

/// A checkpoint in a scratch folder.
pub(crate) fn checkpoint(config: &Value, options: SyntheticOptions) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_checkpoint(dir.path(), config, options).unwrap();
    dir
}

pub(crate) fn random_model(config: &Value, options: SyntheticOptions) -> Box<dyn Model> {
    load(checkpoint(config, options).path(), &LoadOptions::default()).unwrap()
}

/// Every row's full distribution is wanted.
pub(crate) fn all_rows(tokens: usize, vocab: usize) -> Vec<Want> {
    (0..tokens).map(|row| Want { row, targets: (0..vocab as u32).collect() }).collect()
}

/// A segment whose full distributions are wanted and that no group counts.
pub(crate) fn segment(
    node: NodeId,
    parent: Option<NodeId>,
    tokens: &[u32],
    vocab: usize,
) -> Segment {
    Segment {
        node,
        parent,
        tokens: tokens.to_vec(),
        groups: vec![UNCOUNTED; tokens.len()],
        wants: all_rows(tokens.len(), vocab),
        ..Segment::default()
    }
}

pub(crate) fn batch(segments: Vec<Segment>) -> Batch {
    Batch { segments, groups: 0 }
}

/// Keeps every decision.
#[derive(Default)]
pub(crate) struct Trace(pub(crate) Vec<(MoeLayer, RouterDecision)>);

impl RoutingObserver for Trace {
    fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision) {
        self.0.push((layer, decision.clone()));
    }
}

/// The largest difference between two lists of equal length.
pub(crate) fn worst(a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>) -> f64 {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    let mut worst = 0.0f64;
    loop {
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if (x - y).is_nan() => return f64::NAN,
            (Some(x), Some(y)) => worst = worst.max((x - y).abs()),
            (None, None) => return worst,
            _ => panic!("lists of different length"),
        }
    }
}
