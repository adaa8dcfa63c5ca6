//! BLEU, chrF and TER against sacreBLEU from PyPI, on 500 pairs a direction
//! of WMT20; `tests/parity/sacrebleu_vectors.py` wrote the numbers.

use std::fs;
use std::path::Path;

use harness_tasks::MetricValue;
use harness_tasks::random::Random;
use harness_tasks::scoring::aggregation::{Aggregation, Tokenizer};
use harness_tasks::scoring::metrics::sentence_bleu::sentence_bleu;
use serde_json::{Value, json};

use crate::shared;

const SCORES: &str = include_str!("../vectors/sacrebleu.json");
const PAIRS: usize = 500;
const TOLERANCE: f64 = 1e-9;

fn pieces<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    if separator.is_empty() {
        return text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect();
    }
    text.split(separator).collect()
}

/// The text with pieces dropped, doubled, replaced and shuffled.
fn worsened(text: &str, other: &str, seed: u64, separator: &str) -> String {
    let mut random = Random::new(seed);
    let others = pieces(other, separator);
    let mut out = Vec::new();
    for (at, piece) in pieces(text, separator).into_iter().enumerate() {
        match random.random() {
            chance if chance < 0.15 => {}
            chance if chance < 0.3 => out.push(others[at % others.len()]),
            chance if chance < 0.4 => out.extend([piece, piece]),
            _ => out.push(piece),
        }
    }
    if random.random() < 0.3 {
        random.shuffle(&mut out);
    }
    out.join(separator)
}

/// Hypothesis and reference of each pair.
fn read_pairs(path: &Path, language: &str, separator: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().take(PAIRS).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let references: Vec<String> =
        lines.map(|row| row["translation"][language].as_str().unwrap().to_owned()).collect();
    let before = |at: usize| &references[at.checked_sub(1).unwrap_or(references.len() - 1)];
    let pair = |(at, reference): (usize, &String)| {
        (worsened(reference, before(at), at as u64, separator), reference.clone())
    };
    references.iter().enumerate().map(pair).collect()
}

fn corpus_agrees(pairs: &[(String, String)], aggregation: Aggregation, expected: &Value) {
    let pair = |(prediction, gold): &(String, String)| MetricValue::Pair {
        gold: json!(gold),
        prediction: json!(prediction),
    };
    let values: Vec<MetricValue> = pairs.iter().map(pair).collect();
    let statistic = aggregation.prepare(&values.iter().collect::<Vec<_>>()).unwrap();
    let (score, theirs) = (statistic.of_all().unwrap(), expected["score"].as_f64().unwrap());
    assert!((score - theirs).abs() < TOLERANCE, "{aggregation:?}: {score} is not {theirs}");
    assert_eq!(statistic.signature().as_deref(), expected["signature"].as_str());
}

fn direction_agrees(direction: &str, language: &str, separator: &str) {
    let Some(shared) = shared() else { return };
    let file = format!("data/lighteval/sacrebleu_manual/{direction}/test.jsonl");
    let pairs = read_pairs(&shared.join(file), language, separator);
    let expected = &serde_json::from_str::<Value>(SCORES).unwrap()[direction];
    let bleu = |tokenizer| Aggregation::Bleu { tokenizer };
    let metrics = [
        ("bleu 13a", Aggregation::BLEU),
        ("bleu intl", Aggregation::BLEU_INTL),
        ("bleu char", Aggregation::BLEU_CHAR),
        ("bleu none", bleu(Tokenizer::Whitespace)),
        ("chrf", Aggregation::Chrf { word_order: 0 }),
        ("chrf++", Aggregation::Chrf { word_order: 2 }),
        ("ter", Aggregation::Ter),
    ];
    for (name, aggregation) in metrics {
        corpus_agrees(&pairs, aggregation, &expected[name]);
    }
    let of_pair = |(prediction, gold): &(String, String)| {
        sentence_bleu(std::slice::from_ref(gold), prediction)
    };
    let mean = pairs.iter().map(of_pair).sum::<f64>() / pairs.len() as f64;
    let theirs = expected["mean sentence bleu"]["score"].as_f64().unwrap();
    assert!((mean - theirs).abs() < TOLERANCE, "{mean} is not {theirs}");
}

#[test]
fn english_references() {
    direction_agrees("wmt20_ja-en", "en", " ");
}

#[test]
fn japanese_references() {
    direction_agrees("wmt20_en-ja", "ja", "");
}
