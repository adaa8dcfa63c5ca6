//! What parallel text shows of every checkpoint of a leaderboard.

use harness_metrics::{Estimate, PairMeasure};
use serde::Serialize;

use super::format;
use crate::routing::RoutingPair;
use crate::summary::{Contender, Runs};

/// One checkpoint and pair of languages.
#[derive(Serialize)]
pub(super) struct RoutingRow {
    model: String,
    run: String,
    newest: bool,
    languages: String,
    rows: usize,
    gap: String,
    last_eighth_gap: String,
    shared: String,
    cosine: String,
}

/// A row a checkpoint and pair of languages.
pub(super) fn routing(runs: &Runs, newest: &[&Contender]) -> Vec<RoutingRow> {
    let rows = |model: &Contender| -> Vec<RoutingRow> {
        let run = &runs.runs()[model.run];
        let pairs = run.summary.pairs(&model.alias).iter();
        let row = |pair: &RoutingPair| RoutingRow {
            model: model.label.clone(),
            run: run.name.clone(),
            newest: newest.contains(&model),
            languages: format!("{}/{}", pair.a.language, pair.b.language),
            rows: pair.rows,
            gap: estimate(pair.mean(PairMeasure::EntropyGap)),
            last_eighth_gap: estimate(pair.numbers.last_eighth_gap.as_ref()),
            shared: estimate(pair.mean(PairMeasure::LsiShared)),
            cosine: estimate(pair.mean(PairMeasure::Cosine)),
        };
        pairs.map(row).collect()
    };
    runs.models().iter().flat_map(rows).collect()
}

/// `0.40 (0.31 to 0.48)`.
fn estimate(estimate: Option<&Estimate>) -> String {
    let Some(estimate) = estimate else { return "–".to_owned() };
    let value = format::fixed(estimate.value, 2);
    match &estimate.interval {
        Some(interval) => {
            let (low, high) = (format::fixed(interval.low, 2), format::fixed(interval.high, 2));
            format!("{value} ({low} to {high})")
        }
        None => value,
    }
}
