//! Rows of the routing tables.

use harness_metrics::routing::{collapse, usage};
use harness_metrics::{Estimate, PairMeasure};
use serde::Serialize;

use super::format::{self, fixed, optional, percent};
use crate::record::Span;
use crate::routing::{LanguageSide, RoutingPair};
use crate::summary::{RoutingGroup, Summary};

/// Two languages of one model on the same rows of parallel text.
#[derive(Serialize)]
pub(super) struct PairRow {
    model: String,
    languages: String,
    rows: usize,
    tokens: String,
    entropy: String,
    ceiling: String,
    gap: String,
    gini: String,
    shared: String,
    shared_by_index: String,
    cosine: String,
    collapse: String,
    excess: String,
}

/// The question tokens of one (model, task).
#[derive(Serialize)]
pub(super) struct RoutingRow {
    model: String,
    task: String,
    language: String,
    documents: usize,
    tokens: String,
    entropy: String,
    gini: String,
    selection: String,
    collapse: String,
}

pub(super) fn pair_rows(summary: &Summary) -> Vec<PairRow> {
    let models = summary.manifest.models.keys();
    models
        .flat_map(|model| {
            summary.pairs(model).iter().map(move |pair| pair_row(summary, model, pair))
        })
        .collect()
}

fn pair_row(summary: &Summary, model: &str, pair: &RoutingPair) -> PairRow {
    let router = summary.manifest.models.get(model).and_then(|model| model.router.as_ref());
    let both = |value: &dyn Fn(&LanguageSide) -> Option<f64>, digits| {
        format!("{} / {}", optional(value(&pair.a), digits), optional(value(&pair.b), digits))
    };
    PairRow {
        model: model.to_owned(),
        languages: format!(
            "{} / {}",
            format::language(&pair.a.language),
            format::language(&pair.b.language)
        ),
        rows: pair.rows,
        tokens: format!("{} / {}", format::count(pair.a.tokens), format::count(pair.b.tokens)),
        entropy: both(&|side| side.measures.mean_usage_entropy(), 2),
        ceiling: fixed(usage::entropy_ceiling_bits(router.map_or(1, |router| router.experts)), 2),
        gap: with_interval(pair.mean(PairMeasure::EntropyGap)),
        gini: both(&|side| side.measures.mean_gini(), 2),
        shared: percent(pair.classes().shared_fraction()),
        shared_by_index: percent(pair.index_classes().shared_fraction()),
        cosine: with_interval(pair.mean(PairMeasure::Cosine)),
        collapse: both(&|side| side.measures.collapse_index, 2),
        excess: with_interval(pair.excess_collapse()),
    }
}

/// `0.40 (0.31 to 0.48)`.
fn with_interval(estimate: Option<&Estimate>) -> String {
    let value = estimate.map(|estimate| estimate.value);
    let interval = estimate.and_then(|estimate| estimate.interval.as_ref());
    match interval {
        Some(ends) => {
            format!("{} ({} to {})", optional(value, 2), fixed(ends.low, 2), fixed(ends.high, 2))
        }
        None => optional(value, 2),
    }
}

pub(super) fn routing_rows(summary: &Summary) -> Vec<RoutingRow> {
    let models = summary.manifest.models.keys();
    let questions = |model: &String| {
        let groups = summary.routing(model).iter().filter(|group| group.span == Span::Question);
        groups.map(|group| routing_row(model, group)).collect::<Vec<_>>()
    };
    models.flat_map(questions).collect()
}

fn routing_row(model: &str, group: &RoutingGroup) -> RoutingRow {
    let measures = &group.measures;
    let selection = measures.selection_entropy_bits.as_deref().and_then(collapse::mean);
    RoutingRow {
        model: model.to_owned(),
        task: group.task.clone(),
        language: group.language.question.clone(),
        documents: group.documents,
        tokens: format::count(group.counts.tokens),
        entropy: optional(measures.mean_usage_entropy(), 2),
        gini: optional(measures.mean_gini(), 2),
        selection: optional(selection, 2),
        collapse: optional(measures.collapse_index, 2),
    }
}
