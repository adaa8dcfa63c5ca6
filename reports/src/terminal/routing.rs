//! Routing: two languages of each model.

use harness_metrics::routing::usage;

use super::layout::{note, table, title};
use crate::pages::format::{fixed, optional, percent};
use crate::routing::{LanguageSide, RoutingPair};
use crate::summary::Summary;

/// The table with its note; only the note where there is nothing to compare.
pub(super) fn table_of(summary: &Summary, width: usize, color: bool) -> Option<String> {
    let pairs = || {
        summary
            .manifest
            .models
            .keys()
            .flat_map(|m| summary.pairs(m).iter().map(move |pair| (m, pair)))
    };
    let captured = summary.manifest.models.values().any(|model| model.router.is_some());
    if pairs().next().is_none() {
        return captured.then(|| note(NO_PROBE, width));
    }
    let header = ["model", "languages", "entropy", "of", "gap", "Gini", "shared", "collapse"];
    let rows: Vec<Vec<String>> = pairs().map(|(model, pair)| row(summary, model, pair)).collect();
    let drawn = table(&header.map(str::to_owned), &rows, 2, width);
    Some(format!("{}\n{drawn}\n{}", title("Routing", color), note(NOTE, width)))
}

const NO_PROBE: &str = "Gap and shared experts compare two languages: they need a routing probe (a group that names one, or routing-probes).";

const NOTE: &str = "Same rows of text in two languages, means over layers. Entropy, bits: how evenly experts \
     share the tokens, of at most the number beside it; gap: second language minus first; shared: (layer, expert) \
     pairs that serve both alike; collapse, bits: how much further the first language narrows towards the last \
     layers than the second.";

fn row(summary: &Summary, model: &str, pair: &RoutingPair) -> Vec<String> {
    let router = summary.manifest.models.get(model).and_then(|model| model.router.as_ref());
    let both = |value: &dyn Fn(&LanguageSide) -> Option<f64>| {
        format!("{}/{}", optional(value(&pair.a), 2), optional(value(&pair.b), 2))
    };
    vec![
        model.to_owned(),
        format!("{}/{}", pair.a.language, pair.b.language),
        both(&|side| side.measures.mean_usage_entropy()),
        fixed(usage::entropy_ceiling_bits(router.map_or(1, |router| router.experts)), 2),
        optional(pair.gap(), 2),
        both(&|side| side.measures.mean_gini()),
        percent(pair.classes().shared_fraction()),
        optional(pair.excess_collapse().map(|excess| excess.value), 2),
    ]
}
