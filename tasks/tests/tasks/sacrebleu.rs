//! BLEU, chrF and TER against sacreBLEU from PyPI, on 500 pairs a direction
//! of WMT20; `tests/parity/sacrebleu_vectors.py` wrote the numbers.

use std::fs;
use std::path::Path;

use harness_tasks::MetricValue;
use harness_tasks::mecab::{Segmenter, installed};
use harness_tasks::random::Random;
use harness_tasks::scoring::aggregation::{Aggregation, Tokenizer};
use harness_tasks::scoring::metrics::sentence_bleu::sentence_bleu;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
pub(crate) fn worsened(text: &str, other: &str, seed: u64, separator: &str) -> String {
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

/// The first references of a file.
pub(crate) fn references(path: &Path, language: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().take(PAIRS).map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|row| row["translation"][language].as_str().unwrap().to_owned()).collect()
}

/// Hypothesis and reference of each pair.
fn read_pairs(path: &Path, language: &str, separator: &str) -> Vec<(String, String)> {
    let references = references(path, language);
    let before = |at: usize| &references[at.checked_sub(1).unwrap_or(references.len() - 1)];
    let pair = |(at, reference): (usize, &String)| {
        (worsened(reference, before(at), at as u64, separator), reference.clone())
    };
    references.iter().enumerate().map(pair).collect()
}

/// (prediction, gold) as documents' values.
pub(crate) fn pair_values<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> Vec<MetricValue> {
    let value = |(prediction, gold): (&String, &String)| MetricValue::Pair {
        gold: json!(gold),
        prediction: json!(prediction),
    };
    pairs.map(value).collect()
}

fn corpus_agrees(pairs: &[(String, String)], aggregation: Aggregation, expected: &Value) {
    let values = pair_values(pairs.iter().map(|(prediction, gold)| (prediction, gold)));
    let statistic = aggregation.prepare(&values.iter().collect::<Vec<_>>()).unwrap();
    let (score, theirs) = (statistic.of_all().unwrap(), expected["score"].as_f64().unwrap());
    assert!((score - theirs).abs() < TOLERANCE, "{aggregation:?}: {score} is not {theirs}");
    if let Some(signature) = expected["signature"].as_str() {
        assert_eq!(statistic.signature().as_deref(), Some(signature));
    }
}

/// The pairs of a direction and what sacreBLEU says of them.
fn direction(
    name: &str,
    language: &str,
    separator: &str,
) -> Option<(Vec<(String, String)>, Value)> {
    let file = format!("data/lighteval/sacrebleu_manual/{name}/test.jsonl");
    let pairs = read_pairs(&shared()?.join(file), language, separator);
    Some((pairs, serde_json::from_str::<Value>(SCORES).unwrap()[name].take()))
}

fn direction_agrees(name: &str, language: &str, separator: &str) {
    let Some((pairs, expected)) = direction(name, language, separator) else { return };
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

/// sacreBLEU's own dictionary, if it is installed; Debian's has a word more.
fn ipadic() -> Option<&'static Segmenter> {
    match installed() {
        Ok(segmenter) if segmenter.version() == "0.996-IPA" => return Some(segmenter),
        Ok(segmenter) => println!("skipped: another dictionary, {}", segmenter.version()),
        Err(error) => println!("skipped: {error}"),
    }
    None
}

/// The digest of MeCab's words of every hypothesis, then of every reference.
fn words_of(segmenter: &Segmenter, pairs: &[(String, String)]) -> String {
    let hypotheses = pairs.iter().map(|(hypothesis, _)| hypothesis);
    let texts = hypotheses.chain(pairs.iter().map(|(_, reference)| reference));
    let lines: Vec<String> = texts.map(|text| segmenter.words(text.trim()).join(" ")).collect();
    let digest = Sha256::digest(lines.join("\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn words_agree(name: &str, language: &str, separator: &str) {
    let Some(segmenter) = ipadic() else { return };
    let Some((pairs, expected)) = direction(name, language, separator) else { return };
    assert_eq!(words_of(segmenter, &pairs), expected["words"].as_str().unwrap());
    corpus_agrees(&pairs, Aggregation::BLEU_JA_MECAB, &expected["bleu ja-mecab"]);
    corpus_agrees(&pairs, Aggregation::BLEU_JA, &expected["bleu mecab, 13a"]);
}

#[test]
fn words_of_mecab() {
    words_agree("wmt20_ja-en", "en", " ");
    words_agree("wmt20_en-ja", "ja", "");
}
