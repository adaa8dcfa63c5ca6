//! Rows, stages, and what is said when networks differ.

use harness_metrics::routing::layers::Part;
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{RoutingCounts, RoutingShape, SideMeasure};

use super::rows::{CorpusRows, LanguageRows};
use super::study::CorpusMeasured;
use super::*;
use crate::manifest::Capture;
use crate::record::Record;
use crate::testing::{filled, manifest, window};

fn few_draws() -> Resampling {
    Resampling { draws: 60, ..Resampling::default() }
}

#[test]
fn rows_that_a_language_lacks_are_left_out_of_all_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    record.commit(&window("base", "probe_he", 0, 0, 4)).unwrap();
    record.commit(&window("base", "probe_en", 0, 0, 3)).unwrap();
    let study = RoutingStudy::draw(&record, few_draws()).unwrap();
    let [pair] = study.pairs("base") else { panic!("one pair") };
    assert_eq!((pair.rows, pair.dropped), (3, 1));
    assert_eq!((pair.a.tokens, pair.b.tokens), (30, 30), "ten tokens a row");
    assert!(study.pairs("cpt").is_empty());
}

#[test]
fn a_stage_is_set_against_its_parent_on_the_same_rows() {
    let (_dir, record) = filled();
    let study = RoutingStudy::draw(&record, few_draws()).unwrap();
    let [stage] = study.stages.as_slice() else { panic!("{}", study.stages.len()) };
    assert_eq!((stage.stage.as_str(), stage.base.as_str(), stage.rows), ("cpt", "base", 4));
    assert!(stage.notes.is_empty());
    let mean = |model: &str| {
        let curve = study.pairs(model)[0].a.numbers.curve(SideMeasure::UsageEntropy).cloned();
        curve.unwrap().mean.unwrap().value
    };
    let change = stage
        .changes
        .iter()
        .find(|change| change.quantity == Quantity::EntropyA && change.part == Part::All)
        .unwrap();
    assert!((change.change.value - (mean("cpt") - mean("base"))).abs() < 1e-12);
    assert_eq!(stage.curves.len(), Quantity::ALL.len());
}

/// A corpus of two languages read by a network of that shape; Hebrew uses fewer experts.
fn measured(model: &str, shape: RoutingShape) -> CorpusMeasured {
    let corpus = Corpus {
        name: "c".to_owned(),
        languages: ["he", "en"].map(|l| (l.to_owned(), String::new())).to_vec(),
    };
    let language = |(name, reach): (&str, usize)| {
        let mut rows = harness_metrics::routing::bands::DocumentCounts::new(shape);
        let mut total = RoutingCounts::zeros(shape, false);
        for row in 0..8 {
            let mut counts = RoutingCounts::zeros(shape, false);
            counts.tokens = 6;
            for layer in 0..shape.layers {
                (0..6).for_each(|token| {
                    counts.selections[layer * shape.experts + (token + row) % reach] += 1;
                });
            }
            total.add(&counts).unwrap();
            rows.push(&counts).unwrap();
        }
        let (language, task) = (name.to_owned(), String::new());
        LanguageRows { language, task, counts: total, by_row: rows, sizes: Vec::new() }
    };
    let rows = CorpusRows {
        languages: [("he", 3), ("en", shape.experts)].map(language).to_vec(),
        rows: (0..8).map(|row| row.to_string()).collect(),
        clusters: Clusters::singletons(8),
        dropped: 0,
    };
    CorpusMeasured::of(model, &corpus, rows, Capture::Ids, few_draws()).unwrap()
}

#[test]
fn other_networks_are_compared_by_depth_and_share_and_it_is_said() {
    let base = measured("base", RoutingShape { layers: 4, experts: 4, top_k: 1 });
    let large = measured("large", RoutingShape { layers: 8, experts: 8, top_k: 1 });
    let comparison = stages::compare(&large, &base, (0, 1)).unwrap();
    assert_eq!(comparison.notes.len(), 2, "{:?}", comparison.notes);
    assert!(comparison.curves.is_empty() && !comparison.changes.is_empty());
    // English uses every expert of both: the whole of either ceiling, to the evenness of 48 tokens.
    let english = comparison
        .changes
        .iter()
        .find(|c| c.quantity == Quantity::EntropyB && c.part == Part::Middle)
        .unwrap();
    assert!(english.change.value.abs() < 0.05, "{}", english.change.value);
    let same = stages::compare(&base, &base, (0, 1)).unwrap();
    assert!(same.changes.iter().all(|change| change.change.value == 0.0));
    assert!(
        same.remediation.iter().all(|part| part.share.is_err()),
        "an even depth has no collapse"
    );
}

#[test]
fn different_rows_are_not_compared() {
    let shape = RoutingShape { layers: 4, experts: 4, top_k: 1 };
    let (base, mut stage) = (measured("base", shape), measured("stage", shape));
    stage.rows[0] = "other".to_owned();
    let comparison = stages::compare(&stage, &base, (0, 1)).unwrap();
    assert!(comparison.changes.is_empty() && comparison.notes[0].contains("different rows"));
}
