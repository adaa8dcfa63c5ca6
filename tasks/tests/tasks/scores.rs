//! Filters, metrics and aggregates against records of lm-evaluation-harness
//! 0.4.13: its own responses go in, its own numbers must come out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{
    Aggregate, MetricValue, PromptOptions, Registry, Response, Score, Task, TaskData,
};
use serde_json::{Value, json};

use crate::shared;

/// Equal but for the last digits of sums and logarithms.
const RELATIVE: f64 = 1e-9;

/// Keys of a record that are no metrics.
const OTHER_KEYS: [&str; 6] =
    ["doc_id", "target", "arguments", "resps", "filtered_resps", "prompt_hash"];

/// A document's records, one a filter in the order of the task file.
type Records = BTreeMap<u64, Vec<Value>>;

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn records(path: &Path) -> Records {
    let mut records = Records::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        records.entry(record["doc_id"].as_u64().unwrap()).or_default().push(record);
    }
    records
}

/// `[[[log_prob, is_greedy]]]`, `[[log_prob]]` or `[["text"]]`, by request and repeat.
fn responses(record: &Value) -> Vec<Response> {
    let repeats = record["resps"].as_array().unwrap().iter().flat_map(|of| of.as_array().unwrap());
    let response = |value: &Value| match value {
        Value::Array(pair) => Response::Loglikelihood {
            log_prob: pair[0].as_f64().unwrap(),
            is_greedy: pair[1].as_bool().unwrap(),
        },
        Value::Number(log_prob) => Response::Rolling { log_prob: log_prob.as_f64().unwrap() },
        text => Response::Generated { text: text.as_str().unwrap().to_owned() },
    };
    repeats.map(response).collect()
}

/// A metric's value as lm-evaluation-harness logs it.
fn logged(value: &MetricValue) -> Value {
    match value {
        MetricValue::Number(number) => json!(number),
        MetricValue::Weighted { sum, weight } => json!([sum, weight]),
        MetricValue::Pair { gold, prediction } => json!([gold, prediction]),
        MetricValue::Unscored { reason } => panic!("unscored: {reason}"),
    }
}

fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= RELATIVE * theirs.abs().max(1.0)
}

fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Bool(a), Value::Number(b)) => Some(f64::from(u8::from(*a))) == b.as_f64(),
        (Value::Number(a), Value::Bool(b)) => a.as_f64() == Some(f64::from(u8::from(*b))),
        (Value::Number(a), Value::Number(b)) => close(a.as_f64().unwrap(), b.as_f64().unwrap()),
        _ => ours == theirs,
    }
}

fn score_agrees(at: &str, score: &Score, record: &Value) -> usize {
    assert!(equal(&score.filtered, &record["filtered_resps"]), "{at}: {}", score.filtered);
    let metrics = record.as_object().unwrap().iter();
    let metrics: Vec<_> = metrics.filter(|(key, _)| !OTHER_KEYS.contains(&key.as_str())).collect();
    assert_eq!(metrics.len(), score.metrics.len(), "{at}");
    for (name, theirs) in &metrics {
        let ours = logged(&score.metrics[name.as_str()]);
        assert!(equal(&ours, theirs), "{at}, {name}: {ours} is not {theirs}");
    }
    metrics.len()
}

fn aggregate_agrees(task: &str, aggregate: &Aggregate, theirs: &Value) {
    let value = theirs[aggregate.key()].as_f64().unwrap();
    let ours = aggregate.value.clone().unwrap();
    assert!(close(ours, value), "{task}, {}: {ours} is not {value}", aggregate.key());
    match (aggregate.stderr, &theirs[aggregate.stderr_key()]) {
        (None, none) => assert_eq!(none, "N/A", "{task}, {}", aggregate.stderr_key()),
        (Some(ours), theirs) => {
            assert!(close(ours, theirs.as_f64().unwrap()), "{task}: {ours} is not {theirs}");
        }
    }
    assert_eq!(json!(aggregate.n), theirs["sample_len"], "{task}");
}

/// Scores the records of a task and returns how many numbers agreed.
fn task_agrees(task: &Task, data: &TaskData, records: &Records, results: &Value) -> usize {
    let (options, mut all, mut agreed) = (PromptOptions::default(), Vec::new(), 0);
    let instances = task.prompts(data, &options).unwrap().take(records.len());
    for (instance, records) in instances.map(Result::unwrap).zip(records.values()) {
        let at = format!("{}, document {}", task.name(), instance.doc.id);
        let responses = responses(&records[0]);
        let scores = task.score(instance.doc, &instance.requests, &responses).unwrap();
        assert_eq!(scores.len(), records.len(), "{at}");
        agreed += scores
            .iter()
            .zip(records)
            .map(|(score, record)| score_agrees(&at, score, record))
            .sum::<usize>();
        all.push(scores);
    }
    let all: Vec<&[Score]> = all.iter().map(Vec::as_slice).collect();
    let aggregates = task.aggregate(&all);
    let columns = results.as_object().unwrap().keys();
    assert_eq!(2 * aggregates.len(), columns.filter(|key| key.contains(',')).count());
    assert_eq!(aggregates.len(), task.metrics().len());
    aggregates.iter().for_each(|aggregate| aggregate_agrees(task.name(), aggregate, results));
    agreed
}

fn folder_agrees(folder: &str) {
    let Some(shared) = shared() else { return };
    let mut registry = Registry::builtin();
    registry.include(&shared.join("reference/lm_eval/tasks")).unwrap();
    let source = Folder::new(shared.join("data"));
    let folder = shared.join("reference/lm_eval").join(folder);
    let results = read(&folder.join("results.json"));
    let mut agreed = 0;
    for (name, results) in results["results"].as_object().unwrap() {
        let task = registry.task(name).unwrap();
        let data = task.load(&source).unwrap();
        let records = records(&folder.join(format!("{name}.jsonl")));
        agreed += task_agrees(&task, &data, &records, results);
    }
    assert!(agreed > 0, "{} has no metrics", folder.display());
}

#[test]
fn multiple_choice_scores() {
    folder_agrees("qwen3_moe");
    folder_agrees("nemotron_h");
    folder_agrees("qwen3_moe_chat");
}

#[test]
fn generation_scores() {
    folder_agrees("qwen3_moe_gen");
    folder_agrees("nemotron_h_gen");
}

#[test]
fn norms_filters_corpus_metrics_and_rolling_scores() {
    folder_agrees("qwen3_moe_probe");
    folder_agrees("qwen3_moe_short");
}
