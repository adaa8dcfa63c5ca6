//! Agreement with lm-evaluation-harness 0.4.13 (transformers, float32, CPU), sample by sample.
//!
//! Prompts and generated text are equal byte for byte. Log-likelihoods agree within 5e-4: both sides compute in f32,
//! but sum in another order (measured differences are below 1e-4 for sums of a hundred tokens). Aggregates are equal,
//! since no document of these sets is within that difference of a tie.

use std::path::{Path, PathBuf};

use harness_reports::{DocumentRow, Record, RecordError};
use serde_json::{Value, json};

use crate::support::{arg, json as read_json, json_lines, run_to, shared};

const LOG_LIKELIHOOD: f64 = 5e-4;

/// Runs `tasks` on the first `limit` documents and returns the model's folder of the run.
fn evaluate(
    shared: &Path,
    output: &Path,
    model: &str,
    tasks: &str,
    limit: &str,
    more: &[&str],
) -> PathBuf {
    let source = format!("m={}", shared.join("reference/models").join(model).display());
    let (include, data) = (shared.join("reference/lm_eval/tasks"), shared.join("data"));
    let mut arguments = vec![
        "eval",
        "--models",
        &source,
        "--tasks",
        tasks,
        "--limit",
        limit,
        "--log-samples",
        "--quiet",
    ];
    arguments.extend([
        "--include-path",
        arg(&include),
        "--data-dir",
        arg(&data),
        "--output",
        arg(output),
    ]);
    arguments.extend(more);
    run_to(0, &arguments);
    output.join("m")
}

fn compare(folder: &str, model: &str, tasks: &[&str], limit: &str, more: &[&str]) {
    let Some(shared) = shared() else { return };
    let output = tempfile::tempdir().unwrap();
    let ours = evaluate(&shared, &output.path().join("run"), model, &tasks.join(","), limit, more);
    let record = Record::read(ours.parent().unwrap()).unwrap();
    let theirs = shared.join("reference/lm_eval").join(folder);
    let mut largest = 0.0f64;
    for task in tasks {
        let reference = json_lines(&theirs.join(format!("{task}.jsonl")));
        let samples = samples(&record, task);
        assert_eq!(samples.len(), reference.len(), "{task}");
        for (index, row) in reference.iter().enumerate() {
            let sample = find(&samples, &reference, index);
            largest = largest.max(compare_sample(task, sample, row));
        }
    }
    println!("{folder}: largest difference of a log-likelihood {largest:.2e}");
    let (ours, theirs) =
        (read_json(&ours.join("results.json")), read_json(&theirs.join("results.json")));
    for task in tasks {
        compare_aggregates(task, &ours["results"][task], &theirs["results"][task]);
        assert_eq!(ours["n-shot"][task], theirs["n-shot"][task], "{task}");
    }
}

/// Documents of the record in the shape of the reference, one row a filter. (The samples files write numbers as
/// Python's `str` does, like lm-eval's own.)
fn samples(record: &Record, task: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let visit = |document: DocumentRow| -> Result<(), RecordError> {
        for score in document.scores.as_array().unwrap() {
            let mut row = json!({
                "doc_id": document.doc_id,
                "target": document.target,
                "arguments": document.sample.as_ref().unwrap()["arguments"],
                "resps": document.responses.as_array().unwrap().iter().map(response).collect::<Vec<_>>(),
                "filtered_resps": score["filtered"],
                "prompt_hash": document.prompt_hash,
            });
            for (name, value) in score["metrics"].as_object().unwrap() {
                row[name] = metric(value);
            }
            rows.push(row);
        }
        Ok(())
    };
    record.for_each_document("m", task, visit).unwrap();
    rows
}

/// `[[log-likelihood, is_greedy]]`, `[log-likelihood]` or `[text]`.
fn response(response: &Value) -> Value {
    match response.as_object().unwrap().iter().next().unwrap() {
        (kind, answer) if kind == "loglikelihood" => {
            json!([[answer["log_prob"], answer["is_greedy"]]])
        }
        (kind, answer) if kind == "rolling" => json!([answer["log_prob"]]),
        (_, answer) => json!([answer["text"]]),
    }
}

/// What lm-eval keeps of a document: a number, `[log-likelihood, weight]` or `[reference, prediction]`.
fn metric(value: &Value) -> Value {
    match value.as_object() {
        Some(parts) => parts.values().cloned().collect(),
        None => value.clone(),
    }
}

/// The same document under the same filter: records name no filter, but list them in the task's order.
fn find<'a>(samples: &'a [Value], reference: &[Value], row: usize) -> &'a Value {
    let id = &reference[row]["doc_id"];
    let earlier = reference[..row].iter().filter(|earlier| &earlier["doc_id"] == id).count();
    let mut same = samples.iter().filter(|sample| &sample["doc_id"] == id);
    same.nth(earlier).unwrap_or_else(|| panic!("no sample for document {id}"))
}

fn compare_sample(task: &str, ours: &Value, theirs: &Value) -> f64 {
    let at = format!("{task}, document {}", theirs["doc_id"]);
    assert_eq!(ours["arguments"], theirs["arguments"], "{at}: prompts");
    assert_eq!(ours["prompt_hash"], theirs["prompt_hash"], "{at}: prompt_hash");
    assert_eq!(ours["target"], theirs["target"], "{at}: target");
    let largest = compare_values(&at, &ours["resps"], &theirs["resps"]);
    let filtered = compare_values(&at, &ours["filtered_resps"], &theirs["filtered_resps"]);
    let known = ["doc_id", "target", "arguments", "resps", "filtered_resps", "prompt_hash"];
    for (metric, value) in
        theirs.as_object().unwrap().iter().filter(|(key, _)| !known.contains(&key.as_str()))
    {
        compare_values(&format!("{at}: {metric}"), &ours[metric], value);
    }
    largest.max(filtered)
}

/// Equal but for numbers, which agree within the tolerance; returns the largest difference.
fn compare_values(at: &str, ours: &Value, theirs: &Value) -> f64 {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "{at}");
            ours.iter().zip(theirs).map(|(a, b)| compare_values(at, a, b)).fold(0.0, f64::max)
        }
        (Value::Number(a), Value::Number(b)) => {
            let difference = (a.as_f64().unwrap() - b.as_f64().unwrap()).abs();
            assert!(difference <= LOG_LIKELIHOOD, "{at}: {a} is not {b}");
            difference
        }
        // Some of lm-eval's functions score with a bool.
        (Value::Number(_), Value::Bool(right)) => {
            assert_eq!(ours.as_f64(), Some(f64::from(*right)), "{at}");
            0.0
        }
        _ => {
            assert_eq!(ours, theirs, "{at}");
            0.0
        }
    }
}

/// Aggregates of decisions are equal; perplexities follow from log-likelihoods and agree relatively.
fn compare_aggregates(task: &str, ours: &Value, theirs: &Value) {
    for (name, value) in theirs.as_object().unwrap().iter().filter(|(name, _)| name.contains(',')) {
        let at = format!("{task}: {name}");
        match (ours[name].as_f64(), value.as_f64()) {
            (Some(a), Some(b)) => {
                let tolerance = if name.contains("perplexity") || name.starts_with("bits") {
                    1e-4
                } else {
                    1e-9
                };
                assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{at}: {a} is not {b}");
            }
            _ => assert_eq!(&ours[name], value, "{at}"),
        }
    }
}

#[test]
fn multiple_choice_on_library_tasks() {
    compare(
        "qwen3_moe",
        "qwen3_moe",
        &["ja_leaderboard_jcommonsenseqa", "xwinograd_jp"],
        "40",
        &[],
    );
}

#[test]
fn generation_on_library_tasks() {
    compare("qwen3_moe_gen", "qwen3_moe", &["ja_leaderboard_mgsm", "mgsm_native_cot_ja"], "6", &[]);
}

#[test]
fn norms_empty_contexts_trailing_spaces_stops_corpus_metrics_and_rolling() {
    let tasks = [
        "probe_norms",
        "probe_empty_context",
        "probe_trailing_space",
        "probe_stops",
        "probe_translation",
        "probe_rolling",
    ];
    compare("qwen3_moe_probe", "qwen3_moe", &tasks, "24", &[]);
}

#[test]
fn left_truncation_and_rolling_windows() {
    let tasks = ["probe_norms", "probe_trailing_space", "probe_rolling"];
    compare("qwen3_moe_short", "qwen3_moe", &tasks, "8", &["--max-length", "128"]);
}

#[test]
fn chat_template_with_system_instruction_and_turns() {
    let chat = ["--apply-chat-template", "--system-instruction", "You are a careful assistant."];
    compare("qwen3_moe_chat", "qwen3_moe", &["probe_norms", "probe_trailing_space"], "8", &chat);
}

/// A hybrid of Mamba-2, attention and MoE layers, whose scans continue from shared prefixes.
#[test]
fn nemotron_h_on_library_tasks_and_stops() {
    let tasks = ["ja_leaderboard_jcommonsenseqa", "xwinograd_jp"];
    compare("nemotron_h", "nemotron_h", &tasks, "16", &[]);
    compare("nemotron_h_gen", "nemotron_h", &["probe_stops"], "4", &[]);
}
