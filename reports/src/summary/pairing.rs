//! Which tasks are one text in two languages, and which of their rows match.

use std::collections::HashMap;

use harness_metrics::routing::bands::DocumentCounts;
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{RoutingCounts, RoutingError};

use super::pairs::{LanguageSide, PairRows, RoutingPair, measure};
use super::routing::LayerMeasures;
use crate::manifest::{Capture, Manifest, TaskManifest};
use crate::record::{DocumentRow, Record, RecordError, Span};

/// Pairs of probe tasks that hold the same corpus in two languages, English second.
pub(super) fn probe_pairs(manifest: &Manifest) -> Vec<(String, String)> {
    let is_probe = |task: &TaskManifest| task.probe || task.category.as_deref() == Some("probe");
    let probes: Vec<_> = manifest.tasks.iter().filter(|(_, task)| is_probe(task)).collect();
    let after = |position: usize| probes[position + 1..].iter();
    let each = probes.iter().enumerate();
    each.flat_map(|(position, first)| {
        after(position).filter_map(move |second| pair(*first, *second))
    })
    .collect()
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

fn is_english(language: &str) -> bool {
    language.split('-').next() == Some("en")
}

/// Compares the rows that both tasks have; `None` when they have none in common or no tokens.
pub(super) fn compare(
    record: &Record,
    model: &str,
    tasks: &(String, String),
    resampling: Resampling,
) -> Result<Option<RoutingPair>, RecordError> {
    let (rows_a, rows_b) = (rows(record, model, &tasks.0)?, rows(record, model, &tasks.1)?);
    let mut common: Vec<(&String, &String)> =
        rows_a.iter().filter(|(row, _)| rows_b.contains_key(*row)).collect();
    // A fixed order, so that every model resamples the same rows.
    common.sort();
    let dropped = rows_a.len() + rows_b.len() - 2 * common.len();
    let places: HashMap<&str, usize> =
        common.iter().enumerate().map(|(i, (row, _))| (row.as_str(), i)).collect();
    let a = read(record, model, &tasks.0, &places)?;
    let b = read(record, model, &tasks.1, &places)?;
    let (Some((a, a_rows)), Some((b, b_rows))) = (a, b) else { return Ok(None) };
    let rows = PairRows {
        sides: [side(record, model, &tasks.0, &a), side(record, model, &tasks.1, &b)],
        counts: [a, b],
        by_row: [a_rows, b_rows],
        clusters: Clusters::from_labels(common.iter().map(|(_, cluster)| cluster.as_str())),
        dropped,
    };
    Ok(measure(rows, resampling))
}

/// Rows with counted tokens, and the cluster of each.
fn rows(record: &Record, model: &str, task: &str) -> Result<HashMap<String, String>, RecordError> {
    let mut rows = HashMap::new();
    record.for_each_document(model, task, |document| {
        if question(&document).is_some() {
            rows.extend(document.row_id.map(|row| (row, document.cluster)));
        }
        Ok::<(), RecordError>(())
    })?;
    Ok(rows)
}

fn question(document: &DocumentRow) -> Option<&RoutingCounts> {
    let found = document.routing.iter().find(|(span, _)| *span == Span::Question);
    found.map(|(_, counts)| counts).filter(|counts| counts.tokens > 0)
}

/// The rows that have a place: their sum, and each.
fn read(
    record: &Record,
    model: &str,
    task: &str,
    places: &HashMap<&str, usize>,
) -> Result<Option<(RoutingCounts, DocumentCounts)>, RecordError> {
    let mut found: Option<(RoutingCounts, DocumentCounts)> = None;
    record.for_each_document(model, task, |document| {
        let place = document.row_id.as_deref().and_then(|row| places.get(row));
        if let (Some(&place), Some(counts)) = (place, question(&document)) {
            let (sum, rows) = found.get_or_insert_with(|| {
                let empty = RoutingCounts::zeros(counts.shape, counts.scores.is_some());
                (empty, DocumentCounts::with_documents(counts.shape, places.len()))
            });
            let mut add = || -> Result<(), RoutingError> {
                sum.add(counts)?;
                rows.add(place, counts)
            };
            let name = || format!("model `{model}`, task `{task}`, document {}", document.doc_id);
            add().map_err(|error| record.damaged(&name(), &error.to_string()))?;
        }
        Ok::<(), RecordError>(())
    })?;
    Ok(found)
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
