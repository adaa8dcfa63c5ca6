//! Routing on FLORES-200 against transformers' router outputs, one sentence a sequence.
//!
//! Our passes pack many sentences without padding and count on the way; theirs ran alone. At most 2 in 10,000
//! selections may move (near ties in f32), sums agree within 1e-5 relative, log-likelihoods within 1e-3.

use std::collections::BTreeMap;
use std::path::Path;

use harness_reports::{DocumentRow, Record, RecordError};
use serde_json::Value;

use crate::support::{arg, json, run_to, shared};

const ROWS: &str = "48";

#[test]
fn qwen3_moe_on_flores() {
    agrees("qwen3_moe");
}

/// Sigmoid scores, which do not sum to 1, between Mamba-2 and attention layers.
#[test]
fn nemotron_h_on_flores() {
    agrees("nemotron_h");
}

fn agrees(model: &str) {
    let Some(shared) = shared() else { return };
    let output = tempfile::tempdir().unwrap();
    let run = output.path().join("run");
    let config = output.path().join("harness.toml");
    let source = shared.join("reference/models").join(model);
    // The reference starts every sentence with this token instead of the tokenizer's EOS.
    let text =
        format!("[models.m]\nsource = {:?}\nprefix_token = \"<|endoftext|>\"\n", arg(&source));
    std::fs::write(&config, text).unwrap();
    let data = shared.join("data");
    let arguments = [
        "eval",
        "--config",
        arg(&config),
        "--models",
        "m",
        "--tasks",
        "flores200_en,flores200_he,flores200_ja",
    ];
    let more = [
        "--limit",
        ROWS,
        "--data-dir",
        arg(&data),
        "--output",
        arg(&run),
        "--log-samples",
        "--quiet",
    ];
    run_to(0, &[&arguments[..], &more].concat());
    let reference = json(&shared.join(format!("reference/routing/flores/{model}.json")));
    for (language, task) in
        [("eng_Latn", "flores200_en"), ("heb_Hebr", "flores200_he"), ("jpn_Jpan", "flores200_ja")]
    {
        compare(&run.join("m"), task, &reference["languages"][language]);
    }
}

fn compare(folder: &Path, task: &str, reference: &Value) {
    let routing = json(&folder.join("routing.json"));
    let groups = routing["groups"].as_array().unwrap();
    let group =
        groups.iter().find(|group| group["task"] == task && group["span"] == "question").unwrap();
    assert_eq!(group["tokens"], reference["tokens"], "{task}");
    let moved = moved(&group["selection_counts"], &reference["selection_counts"]);
    let selections: f64 = numbers(&reference["selection_counts"]).iter().sum();
    assert!(moved <= 2e-4 * selections, "{task}: {moved} of {selections} selections moved");
    println!("{task}: {moved} of {selections} selections moved");
    assert_relative(
        &format!("{task}: score_sums"),
        &group["score_sums"],
        &reference["score_sums"],
        1e-5,
    );
    let (ours, theirs) =
        (&group["selection_entropy_bits_sum"], &reference["selection_entropy_bits_sum"]);
    assert_relative(&format!("{task}: selection entropy"), ours, theirs, 1e-5);
    let mut log_likelihoods = BTreeMap::new();
    let visit = |document: DocumentRow| -> Result<(), RecordError> {
        let log_prob = document.responses[0]["rolling"]["log_prob"].as_f64().unwrap();
        log_likelihoods.insert(document.doc_id, log_prob);
        Ok(())
    };
    Record::read(folder.parent().unwrap()).unwrap().for_each_document("m", task, visit).unwrap();
    for (document, row) in reference["documents"].as_array().unwrap().iter().enumerate() {
        let difference = log_likelihoods[&document] - row["loglikelihood"].as_f64().unwrap();
        assert!(difference.abs() <= 1e-3, "{task}, row {document}: off by {difference}");
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn moved(ours: &Value, theirs: &Value) -> f64 {
    numbers(ours).iter().zip(numbers(theirs)).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
}

fn assert_relative(at: &str, ours: &Value, theirs: &Value, tolerance: f64) {
    let (ours, theirs) = (numbers(ours), numbers(theirs));
    assert_eq!(ours.len(), theirs.len(), "{at}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{at}: {a} is not {b}");
    }
}
