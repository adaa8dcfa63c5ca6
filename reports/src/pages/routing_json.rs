//! routing.json: what one model's routers did, with the counts to compute anything else from.
//!
//! `{schema_version, model, score_fn, num_experts, top_k, moe_layers, groups, pairs}`; tables are
//! `[moe layer][expert]`, and a value that does not exist is `null`.

use harness_metrics::RoutingCounts;
use harness_metrics::routing::lsi::{self, Classes};
use serde_json::{Value, json};

use crate::manifest::RouterManifest;
use crate::summary::{LanguageSide, LayerMeasures, PairDoubt, RoutingGroup, RoutingPair, Summary};

/// Raised when a key changes its meaning; a new key needs no raise.
const SCHEMA_VERSION: u32 = 1;

/// The file of one model; `None` for a model without routers or a run without capture.
pub(super) fn routing(summary: &Summary, alias: &str) -> Option<Value> {
    let router = summary.manifest.models.get(alias)?.router.as_ref()?;
    let RouterManifest { score_function, experts, top_k, shared_experts, moe_layers, .. } = router;
    Some(json!({
        "schema_version": SCHEMA_VERSION,
        "model": alias,
        "score_fn": score_function,
        "num_experts": experts,
        "num_shared_experts": shared_experts,
        "top_k": top_k,
        "moe_layers": moe_layers,
        "groups": summary.routing(alias).iter().map(group).collect::<Vec<_>>(),
        "pairs": summary.pairs(alias).iter().map(pair).collect::<Vec<_>>(),
    }))
}

fn group(group: &RoutingGroup) -> Value {
    let counts = &group.counts;
    json!({
        "task": group.task,
        "language": language(group),
        "span": group.span,
        "capture": group.capture,
        "documents": group.documents,
        "tokens": counts.tokens,
        "selection_counts": rows(&counts.selections, counts),
        "score_sums": counts.scores.as_ref().map(|sums| rows(sums, counts)),
        "selection_entropy_bits_sum": counts.entropy_bits,
        "metrics": measures(&group.measures),
    })
}

/// One tag, or both where question and continuation differ.
fn language(group: &RoutingGroup) -> Value {
    let language = &group.language;
    if language.question == language.continuation {
        json!(language.question)
    } else {
        json!(language)
    }
}

fn rows<T: serde::Serialize>(table: &[T], counts: &RoutingCounts) -> Value {
    table.chunks(counts.shape.experts.max(1)).map(|row| json!(row)).collect::<Vec<_>>().into()
}

fn measures(measures: &LayerMeasures) -> Value {
    json!({
        "usage_entropy_bits": measures.usage_entropy_bits,
        "gini": measures.gini,
        "active_experts": measures.active_experts,
        "loaded_experts": measures.loaded_experts,
        "max_load_share": measures.max_load_share,
        "selection_entropy_bits": measures.selection_entropy_bits,
        "collapse_index": measures.collapse_index,
    })
}

fn pair(pair: &RoutingPair) -> Value {
    json!({
        "a": side(&pair.a),
        "b": side(&pair.b),
        "rows": pair.rows,
        "dropped_rows": pair.dropped,
        "cosine": pair.cosine,
        "score_cosine": pair.score_cosine,
        "jensen_shannon": pair.jensen_shannon,
        "spearman": pair.spearman,
        "kendall": pair.kendall,
        "top_k_overlap": pair.top_k_overlap,
        "lsi": specialisation(&pair.by_index, None),
        "lsi_by_layer": specialisation(&pair.by_layer_expert, Some(&pair.by_layer)),
        "shared_fraction": pair.classes().shared_fraction(),
        "usage_entropy_gap_bits": pair.gap(),
        "excess_collapse": pair.excess_collapse,
        "intervals": pair.doubt.as_ref().map(doubt),
    })
}

/// By resampling rows; `null` where every replicate is alike.
fn doubt(doubt: &PairDoubt) -> Value {
    json!({
        "usage_entropy_gap_bits": doubt.gap.interval,
        "cosine": doubt.cosine.interval,
        "excess_collapse": doubt.excess_collapse.as_ref().map(|estimate| &estimate.interval),
        "usage_entropy_bits_a": doubt.entropy_a.intervals,
        "usage_entropy_bits_b": doubt.entropy_b.intervals,
        "gap_by_layer": doubt.gap_by_layer.intervals,
    })
}

fn side(side: &LanguageSide) -> Value {
    json!({
        "task": side.task,
        "language": side.language,
        "tokens": side.tokens,
        "metrics": measures(&side.measures),
    })
}

/// Classes at the paper's threshold, the sweep, and where it makes sense each layer.
fn specialisation(sweep: &[(f64, Classes)], layers: Option<&[Classes]>) -> Value {
    let at = sweep
        .iter()
        .find(|(threshold, _)| *threshold == lsi::THRESHOLD)
        .copied()
        .unwrap_or_default();
    let mut value = classes(at);
    value["sweep"] = sweep.iter().copied().map(classes).collect::<Vec<_>>().into();
    if let Some(layers) = layers {
        value["layers"] = json!(layers);
    }
    value
}

fn classes((threshold, classes): (f64, Classes)) -> Value {
    let Classes { a, b, shared, inactive } = classes;
    json!({"threshold": threshold, "a": a, "b": b, "shared": shared, "inactive": inactive})
}
