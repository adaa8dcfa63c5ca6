//! The link on made-up runs in which routing does or does not say something.

use harness_metrics::RoutingCounts;
use harness_metrics::random::SplitMix64;

use super::*;
use crate::manifest::Manifest;
use crate::record::{DocumentDetails, DocumentRow, Record, Span, TextSize, Window};
use crate::testing::{SHAPE, document, filled, manifest, outcome, window};

const DOCUMENTS: usize = 200;

fn uniform(random: &mut SplitMix64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A question of `tokens` tokens whose experts spread the more the larger `breadth` (0-1) is.
fn routed(random: &mut SplitMix64, tokens: usize, breadth: f64) -> RoutingCounts {
    let mut counts = RoutingCounts::zeros(SHAPE, false);
    let reach = 5 + (breadth * (SHAPE.experts - 5) as f64).round() as usize;
    for layer in 0..SHAPE.layers {
        for _ in 0..tokens {
            let mut experts: Vec<usize> = (0..reach).collect();
            random.shuffle(&mut experts);
            let chosen = &experts[..SHAPE.top_k];
            chosen.iter().for_each(|e| counts.selections[layer * SHAPE.experts + e] += 1);
        }
        counts.entropy_bits[layer] = tokens as f64;
    }
    counts.tokens = tokens as u64;
    counts
}

/// Document `id` of either model: right with log-odds `effect` times its centred breadth.
fn planted(model: &str, id: usize, effect: f64) -> DocumentRow {
    let tokens = 8 + SplitMix64::stream(1, id as u64).below(20);
    let mut random = SplitMix64::stream(40 + model.len() as u64, id as u64);
    let breadth = uniform(&mut random);
    let right = uniform(&mut random) < 1.0 / (1.0 + (-effect * (breadth - 0.5)).exp());
    let mut row = document(model, "heb_snli", id);
    row.scores[0]["metrics"]["acc"] = serde_json::json!(f64::from(u8::from(right)));
    row.responses = serde_json::json!([{}, {}, {}]);
    row.routing = vec![(Span::Question, routed(&mut random, tokens, breadth))];
    row
}

fn characters(doc_id: usize) -> DocumentDetails {
    let characters = 20 + doc_id as u64 * 13 % 50;
    let text = TextSize { characters, ..TextSize::default() };
    DocumentDetails { doc_id, text: Some(text), trace: None }
}

fn run(manifest: &Manifest, effect: f64) -> Summary {
    run_with(manifest, effect, DOCUMENTS)
}

/// The text sizes of the first `known` documents are in the record.
fn run_with(manifest: &Manifest, effect: f64, known: usize) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), manifest).unwrap();
    for model in manifest.models.keys() {
        let rows: Vec<DocumentRow> = (0..DOCUMENTS).map(|id| planted(model, id, effect)).collect();
        let mut total = RoutingCounts::zeros(SHAPE, false);
        rows.iter().for_each(|row| total.add(&row.routing[0].1).unwrap());
        let empty = window(model, "heb_snli", 0, 0, DOCUMENTS);
        let routing = vec![(Span::Question, total)];
        let details = (0..known).map(characters).collect();
        record.commit(&Window { documents: rows, details, routing, ..empty }).unwrap();
        record.finish_task(model, "heb_snli", &outcome(model, "heb_snli", DOCUMENTS), &[]).unwrap();
    }
    Summary::draw(&record).unwrap()
}

#[test]
fn a_planted_effect_is_found_at_both_levels() {
    let summary = run(&manifest(), 6.0);
    let flips = &summary.link().flips[0];
    assert_eq!((flips.from.as_str(), flips.to.as_str()), ("base", "cpt"));
    let link = flips.link.as_ref().unwrap();
    assert!(link.adjusted.p < 0.01 && link.adjusted.log_odds.value > 0.0, "{link:?}");
    assert_eq!(flips.p_holm, Some(link.adjusted.p), "one edge: nothing to adjust for");
    for row in &summary.link().within[..2] {
        let link = row.link.as_ref().unwrap();
        assert!(row.p_holm.unwrap() < 0.01 && link.n + row.too_short == DOCUMENTS, "{row:?}");
        assert!(link.area_gain.as_ref().unwrap().value > 0.1, "{row:?}");
    }
    let exploratory = &summary.link().within[2];
    assert_eq!((exploratory.predictor, exploratory.p_holm), (Predictor::CollisionEntropy, None));
}

#[test]
fn tokens_per_character_are_held_equal_where_every_document_has_them() {
    let holds = |known: usize| {
        let summary = run_with(&manifest(), 0.0, known);
        let link = summary.link().within[0].link.clone().unwrap();
        (link.holds_tokens_per_character, link.adjusted.log_odds.value)
    };
    let (with, without) = (holds(DOCUMENTS), holds(DOCUMENTS / 2));
    assert_eq!((with.0, without.0), (true, false));
    assert!((with.1 - without.1).abs() > 1e-6, "another regression: {with:?} {without:?}");
}

#[test]
fn without_an_effect_nothing_is_found() {
    let summary = run(&manifest(), 0.0);
    let p = summary.link().flips[0].p_holm.unwrap();
    assert!(p > 0.05, "{p}");
    assert!(summary.link().within[..2].iter().all(|row| row.p_holm.unwrap() > 0.05));
}

#[test]
fn other_tokenizers_and_other_routers_are_not_compared() {
    let mut other = manifest();
    other.models["cpt"].tokenizer_digest = "another".to_owned();
    let reason = |summary: &Summary| summary.link().flips[0].link.clone().unwrap_err();
    assert!(reason(&run(&other, 0.0)).contains("different tokenizers"));
    let mut none = manifest();
    none.models.values_mut().for_each(|model| model.router = None);
    let dir = tempfile::tempdir().unwrap();
    let summary = Summary::draw(&Record::open(dir.path(), &none).unwrap()).unwrap();
    assert!(reason(&summary).contains("not captured"));
    assert!(summary.link().within.is_empty() && summary.link().checkpoints.is_empty());
}

#[test]
fn a_few_documents_say_that_they_are_few() {
    let (_run, record) = filled();
    let link = Summary::draw(&record).unwrap().link().clone();
    let reason = link.within[0].link.clone().unwrap_err();
    assert!(reason.contains("usable documents, fewer than 40"), "{reason}");
    assert!(link.flips[0].link.clone().unwrap_err().contains("fewer than 20"));
    let average = link.checkpoints.iter().find(|row| row.is_average).unwrap();
    assert_eq!((average.points.len(), &average.link), (2, &None), "two points lie on a line");
    let changes = link.changes.unwrap();
    assert_eq!((changes.edges.len(), changes.deltas.len()), (1, 2));
}

#[test]
fn parents_make_trajectories_and_lineages() {
    let mut chain = manifest();
    let last = crate::manifest::ModelManifest {
        parent: Some("cpt".to_owned()),
        ..chain.models["cpt"].clone()
    };
    chain.models.insert("cpt-2".to_owned(), last);
    chain.models["base"].parent = Some("cpt-2".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let loops = Summary::draw(&Record::open(dir.path(), &chain).unwrap()).unwrap();
    assert!(loops.link().trajectories.is_empty(), "a loop has no end");
    chain.models["base"].parent = None;
    let dir = tempfile::tempdir().unwrap();
    let summary = Summary::draw(&Record::open(dir.path(), &chain).unwrap()).unwrap();
    assert_eq!(summary.link().trajectories[0].models, ["base", "cpt", "cpt-2"]);
    assert_eq!(summary.link().trajectories[0].first_differences(), [(None, None), (None, None)]);
    assert_eq!(across::lineage(&chain, "base"), across::lineage(&chain, "cpt-2"), "one family");
    chain.models.values_mut().for_each(|model| model.family = None);
    assert_eq!(across::lineage(&chain, "base"), across::lineage(&chain, "cpt-2"), "one root");
}
