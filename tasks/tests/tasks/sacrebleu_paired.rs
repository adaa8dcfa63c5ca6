//! Intervals and paired tests of corpus metrics against sacreBLEU's, from statistics of documents;
//! `tests/parity/sacrebleu_paired.py` wrote the numbers.
//!
//! Scores must be equal. Both programs draw resamples of their own, so that widths agree within 8 %
//! (a 95 % end of 2,000 draws is off by about 3 % of the width, and of 4,000 by 2 %) and p-values
//! within four standard errors of two samples of 10,000 trials.

use harness_metrics::Interval;
use harness_metrics::scores::{
    Clusters, Resampling, SufficientStatistics, bootstrap, exchange, paired,
};
use harness_tasks::scoring::aggregation::Aggregation;
use serde_json::Value;

use crate::sacrebleu::{pair_values, references, worsened};
use crate::shared;

const TESTS: &str = include_str!("../vectors/sacrebleu_paired.json");
const TOLERANCE: f64 = 1e-9;
const WIDTH: f64 = 0.08;

/// A worsened text of each reference; with `kept`, every so-manieth reference itself.
fn system(references: &[String], seed: u64, kept: Option<usize>) -> Vec<String> {
    let before = |at: usize| &references[at.checked_sub(1).unwrap_or(references.len() - 1)];
    let text = |(at, reference): (usize, &String)| match kept {
        Some(kept) if at.is_multiple_of(kept) => reference.clone(),
        _ => worsened(reference, before(at), at as u64 + seed, " "),
    };
    references.iter().enumerate().map(text).collect()
}

fn aggregation(metric: &str) -> Aggregation {
    match metric {
        "bleu" => Aggregation::BLEU,
        "chrf" => Aggregation::Chrf { word_order: 0 },
        "chrf++" => Aggregation::Chrf { word_order: 2 },
        _ => Aggregation::Ter,
    }
}

fn statistics(metric: &str, texts: &[String], references: &[String]) -> SufficientStatistics {
    let values = pair_values(texts.iter().zip(references));
    let statistic = aggregation(metric).prepare(&values.iter().collect::<Vec<_>>()).unwrap();
    statistic.sufficient().unwrap()
}

fn half(interval: &Interval) -> f64 {
    (interval.high - interval.low) / 2.0
}

fn near(found: f64, theirs: &Value, tolerance: f64, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!((found - theirs).abs() <= tolerance, "{what}: {found} is not {theirs}");
}

fn agrees(test: &Value, references: &[String]) {
    let metric = test["metric"].as_str().unwrap();
    let kept = test["kept"].as_u64().map(|kept| kept as usize);
    let systems =
        [system(references, 0, None), system(references, test["seed"].as_u64().unwrap(), kept)];
    let [old, new] = systems.map(|texts| statistics(metric, &texts, references));
    let clusters = Clusters::singletons(references.len());
    let resampling = Resampling::default();
    for (side, statistics) in [&old, &new].into_iter().enumerate() {
        near(statistics.score().unwrap(), &test["scores"][side], TOLERANCE, metric);
        let formula = statistics.formula;
        let found = bootstrap::of_sums(formula, &statistics.rows, &clusters, resampling).unwrap();
        let theirs = &test["halves"][side];
        let tolerance = WIDTH * theirs.as_f64().unwrap();
        near(half(&found.interval.unwrap()), theirs, tolerance, metric);
    }
    let (formula, old, new) = (old.formula, old.rows, new.rows);
    let found = paired::of_sums(formula, &old, &new, &clusters, resampling).unwrap();
    let theirs = &test["difference"];
    let within = |key: &str| WIDTH * theirs[key].as_f64().unwrap();
    near(half(&found.interval(0.95).unwrap()), &theirs["half"], within("half"), metric);
    near(found.stderr.unwrap(), &theirs["sd"], within("sd"), metric);
    let trials = Resampling { draws: 10_000, ..resampling };
    let p = exchange::p_value(formula, &old, &new, &clusters, trials).unwrap();
    let error = (2.0 * p.max(1e-3) * (1.0 - p) / 10_000.0).sqrt();
    near(p, &test["p"], 4.0 * error, &format!("{metric}, p"));
}

#[test]
fn sacrebleu_tests_the_same() {
    let Some(shared) = shared() else { return };
    let path = shared.join("data/lighteval/sacrebleu_manual/wmt20_ja-en/test.jsonl");
    let references = references(&path, "en");
    let vectors: Value = serde_json::from_str(TESTS).unwrap();
    for test in vectors["tests"].as_array().unwrap() {
        agrees(test, &references);
    }
}
