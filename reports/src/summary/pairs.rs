//! Two languages of the same parallel text, compared row by row.

use std::collections::HashSet;

use harness_metrics::RoutingCounts;
use harness_metrics::routing::lsi::{self, Classes};
use harness_metrics::routing::{collapse, overlap, ranks, similarity};

use super::routing::LayerMeasures;
use crate::manifest::{Capture, GroupManifest, Manifest, TaskManifest};
use crate::record::{Record, RecordError, Span};

/// One language of a [`RoutingPair`].
#[derive(Clone, PartialEq, Debug)]
pub struct LanguageSide {
    /// Name of the task.
    pub task: String,
    /// Its language.
    pub language: String,
    /// Tokens of the rows compared.
    pub tokens: u64,
    /// Measures of the rows compared.
    pub measures: LayerMeasures,
}

/// Routing of the same rows of parallel text in two languages; `b` is English where one is.
#[derive(Clone, PartialEq, Debug)]
pub struct RoutingPair {
    /// First language.
    pub a: LanguageSide,
    /// Second language.
    pub b: LanguageSide,
    /// Rows present in both languages.
    pub rows: usize,
    /// Rows of either language that the other lacks; they are left out.
    pub dropped: usize,
    /// Cosine of activation rates by layer.
    pub cosine: Vec<Option<f64>>,
    /// Cosine of mean scores by layer; `None` without score sums.
    pub score_cosine: Option<Vec<Option<f64>>>,
    /// Jensen-Shannon divergence by layer, bits.
    pub jensen_shannon: Vec<Option<f64>>,
    /// Spearman's rank correlation of loads by layer.
    pub spearman: Vec<Option<f64>>,
    /// Kendall's τ-b of loads by layer.
    pub kendall: Vec<Option<f64>>,
    /// Share of the top-k experts in common by layer.
    pub top_k_overlap: Vec<Option<f64>>,
    /// The paper's classes by expert index, at each threshold of [`lsi::SWEEP`].
    pub by_index: Vec<(f64, Classes)>,
    /// Classes of every (layer, expert), at each threshold of [`lsi::SWEEP`].
    pub by_layer_expert: Vec<(f64, Classes)>,
    /// Classes of each layer's experts at [`lsi::THRESHOLD`].
    pub by_layer: Vec<Classes>,
    /// Excess collapse of `a` over `b`, bits.
    pub excess_collapse: Option<f64>,
}

impl RoutingPair {
    /// Mean over layers of b's usage entropy minus a's, bits: the language gap when b is English.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        Some(self.b.measures.mean_usage_entropy()? - self.a.measures.mean_usage_entropy()?)
    }

    /// Classes at [`lsi::THRESHOLD`] over every (layer, expert).
    #[must_use]
    pub fn classes(&self) -> Classes {
        at_threshold(&self.by_layer_expert)
    }

    /// The paper's classes at [`lsi::THRESHOLD`].
    #[must_use]
    pub fn index_classes(&self) -> Classes {
        at_threshold(&self.by_index)
    }
}

fn at_threshold(sweep: &[(f64, Classes)]) -> Classes {
    let found = sweep.iter().find(|(threshold, _)| *threshold == lsi::THRESHOLD);
    found.map_or_else(Classes::default, |(_, classes)| *classes)
}

/// Pairs of probe tasks of one group that hold the same corpus in two languages, English second.
pub(super) fn probe_pairs(manifest: &Manifest) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for group in &manifest.groups {
        let probes = probes(manifest, group);
        for (position, (name, task)) in probes.iter().enumerate() {
            for (other_name, other) in &probes[position + 1..] {
                if let Some(pair) =
                    pair((name, task), (other_name, other)).filter(|p| !pairs.contains(p))
                {
                    pairs.push(pair);
                }
            }
        }
    }
    pairs
}

/// Probe tasks of a group: those that it names as its probe, and members that are probes.
fn probes<'a>(
    manifest: &'a Manifest,
    group: &'a GroupManifest,
) -> Vec<(&'a String, &'a TaskManifest)> {
    let is_probe = |task: &TaskManifest| task.probe || task.category.as_deref() == Some("probe");
    let names = group.tasks.iter().chain(&group.routing_probe);
    let tasks = names.filter_map(|name| manifest.tasks.get(name).map(|task| (name, task)));
    tasks.filter(|(_, task)| is_probe(task)).collect()
}

fn pair(a: (&String, &TaskManifest), b: (&String, &TaskManifest)) -> Option<(String, String)> {
    let (first, second) = (a.1.language.single()?, b.1.language.single()?);
    let corpus = |task: &TaskManifest| task.config["dataset_path"].clone();
    if first == second || corpus(a.1) != corpus(b.1) {
        return None;
    }
    let (a, b) = if is_english(first) { (b, a) } else { (a, b) };
    Some((a.0.clone(), b.0.clone()))
}

pub(crate) fn is_english(language: &str) -> bool {
    language.split('-').next() == Some("en")
}

/// Compares the rows that both tasks have; `None` when they have none in common or no tokens.
pub(super) fn compare(
    record: &Record,
    model: &str,
    tasks: &(String, String),
) -> Result<Option<RoutingPair>, RecordError> {
    let (rows_a, rows_b) = (rows(record, model, &tasks.0)?, rows(record, model, &tasks.1)?);
    let both: HashSet<String> = rows_a.intersection(&rows_b).cloned().collect();
    let dropped = rows_a.len() + rows_b.len() - 2 * both.len();
    let a = sum(record, model, &tasks.0, &both)?;
    let b = sum(record, model, &tasks.1, &both)?;
    let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
    let sides = (side(record, model, &tasks.0, &a), side(record, model, &tasks.1, &b));
    Ok(measure(sides, &a, &b, both.len(), dropped))
}

fn rows(record: &Record, model: &str, task: &str) -> Result<HashSet<String>, RecordError> {
    let mut rows = HashSet::new();
    record.for_each_document(model, task, |document| {
        let counted = document
            .routing
            .iter()
            .any(|(span, counts)| *span == Span::Question && counts.tokens > 0);
        rows.extend(document.row_id.filter(|_| counted));
        Ok::<(), RecordError>(())
    })?;
    Ok(rows)
}

fn sum(
    record: &Record,
    model: &str,
    task: &str,
    rows: &HashSet<String>,
) -> Result<Option<RoutingCounts>, RecordError> {
    let mut total: Option<RoutingCounts> = None;
    record.for_each_document(model, task, |document| {
        let wanted = document.row_id.is_some_and(|row| rows.contains(&row));
        let question = document.routing.into_iter().find(|(span, _)| *span == Span::Question);
        if let Some((_, counts)) = question.filter(|_| wanted) {
            match &mut total {
                Some(total) => total.add(&counts).map_err(|error| {
                    record.damaged(&format!("model `{model}`, task `{task}`"), &error.to_string())
                })?,
                None => total = Some(counts),
            }
        }
        Ok::<(), RecordError>(())
    })?;
    Ok(total)
}

fn side(record: &Record, model: &str, task: &str, counts: &RoutingCounts) -> LanguageSide {
    let manifest = record.manifest();
    let router = manifest.models.get(model).and_then(|model| model.router.as_ref());
    let capture = router.map_or_else(Capture::default, |router| router.capture);
    let language =
        manifest.tasks.get(task).and_then(|task| task.language.single()).unwrap_or("und");
    LanguageSide {
        task: task.to_owned(),
        language: language.to_owned(),
        tokens: counts.tokens,
        measures: LayerMeasures::of(counts, capture),
    }
}

fn measure(
    (a_side, b_side): (LanguageSide, LanguageSide),
    a_counts: &RoutingCounts,
    b_counts: &RoutingCounts,
    rows: usize,
    dropped: usize,
) -> Option<RoutingPair> {
    let (a, b) = (a_counts.profile()?, b_counts.profile()?);
    let k = a_counts.shape.top_k;
    let by_layer_expert = lsi::per_layer_expert(&a, &b)?;
    let by_index = lsi::per_index(&a, &b)?;
    let entropies = a_side
        .measures
        .usage_entropy_bits
        .as_ref()
        .zip(b_side.measures.usage_entropy_bits.as_ref());
    let scores = a_counts.mean_scores().zip(b_counts.mean_scores());
    Some(RoutingPair {
        rows,
        dropped,
        cosine: layers(&a, &b, similarity::cosine),
        score_cosine: scores.map(|(a, b)| layers(&a, &b, similarity::cosine)),
        jensen_shannon: layers(&a, &b, similarity::jensen_shannon_bits),
        spearman: layers(&a, &b, ranks::spearman),
        kendall: layers(&a, &b, ranks::kendall_tau_b),
        top_k_overlap: layers(&a, &b, |x, y| overlap::top_k(x, y, k)?.share()),
        by_index: lsi::SWEEP.map(|t| (t, lsi::classify(&by_index, t))).into(),
        by_layer: by_layer_expert
            .iter()
            .map(|layer| lsi::classify(layer, lsi::THRESHOLD))
            .collect(),
        by_layer_expert: lsi::SWEEP
            .map(|t| (t, lsi::classify(by_layer_expert.iter().flatten(), t)))
            .into(),
        excess_collapse: entropies.and_then(|(a, b)| collapse::excess(a, b)),
        a: a_side,
        b: b_side,
    })
}

fn layers(
    a: &[Vec<f64>],
    b: &[Vec<f64>],
    measure: impl Fn(&[f64], &[f64]) -> Option<f64>,
) -> Vec<Option<f64>> {
    a.iter().zip(b).map(|(x, y)| measure(x, y)).collect()
}
