//! routing.json: what one model's routers did, with the counts to compute anything else from.
//!
//! `{schema_version, model, score_fn, num_experts, top_k, moe_layers, groups, pairs}`; tables are
//! `[moe layer][expert]`, and a value that does not exist is `null`.

use harness_metrics::RoutingCounts;
use harness_metrics::routing::lsi::{self, Classes};
use serde_json::{Value, json};

use crate::manifest::RouterManifest;
use crate::routing::{Curve, LanguageControls, LanguageSide, RoutingPair};
use crate::summary::{LayerMeasures, RoutingGroup, Summary};

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

/// Measures by layer under their own names; the same with means and intervals under `curves`.
pub(crate) fn pair(pair: &RoutingPair) -> Value {
    let numbers = &pair.numbers;
    let mut value = json!({
        "corpus": pair.corpus,
        "a": side(&pair.a),
        "b": side(&pair.b),
        "rows": pair.rows,
        "dropped_rows": pair.dropped,
    });
    for (measure, curve) in &numbers.curves {
        value[measure.name()] = json!(curve.values);
    }
    let more = json!({
        "lsi": specialisation(&numbers.by_index, None),
        "lsi_by_layer": specialisation(&numbers.by_layer_expert, Some(&numbers.by_layer)),
        "lsi_values": numbers.lsi,
        "lsi_values_by_index": numbers.lsi_by_index,
        "shared_fraction": pair.classes().shared_fraction(),
        "shared_fraction_by_index": numbers.shared_by_index,
        "null_threshold": numbers.null_threshold,
        "classes_at_null_threshold": numbers.by_null_threshold,
        "gap_signs": numbers.gap_signs,
        "gap_over_sd": numbers.gap_over_sd,
        "excess_collapse": pair.excess_collapse().map(|estimate| estimate.value),
        "excess_collapse_by_end": by_name(&numbers.excess_collapse, |tail| tail.name()),
        "cosine_middle_over_ends": numbers.cosine_middle_over_ends,
        "equal_text": pair.equal,
        "curves": curves(&numbers.curves, |measure| measure.name()),
    });
    merge(value, more)
}

fn merge(mut value: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut value, more) {
        fields.extend(more);
    }
    value
}

fn curves<M: Copy>(curves: &[(M, Curve)], name: impl Fn(M) -> &'static str) -> Value {
    by_name(curves, |measure| name(*measure))
}

fn by_name<K, V: serde::Serialize>(items: &[(K, V)], name: impl Fn(&K) -> &'static str) -> Value {
    items.iter().map(|(key, value)| (name(key).to_owned(), json!(value))).collect()
}

fn side(side: &LanguageSide) -> Value {
    let numbers = &side.numbers;
    json!({
        "task": side.task,
        "language": side.language,
        "tokens": side.tokens,
        "metrics": measures(&side.measures),
        "curves": curves(&numbers.curves, |measure| measure.name()),
        "collapse": by_name(&numbers.collapse, |tail| tail.name()),
        "roughness_bits": numbers.roughness,
        "small_sample_bias_bits": numbers.small_sample_bias,
        "text": side.text,
        "controls": controls(&side.controls),
    })
}

/// `halves`: mean and central 95 % of each measure between random halves of this language.
fn controls(controls: &LanguageControls) -> Value {
    json!({
        "row_sd_bits": controls.row_sd,
        "halves": by_name(&controls.halves, |measure| measure.name()),
        "null_threshold": controls.null_threshold,
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
