//! The pages of small made-up runs.

mod hostile;
mod states;

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::testing::{fill, filled, manifest, outcome, window};

fn text(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

fn json(dir: &Path, file: &str) -> Value {
    serde_json::from_str(&text(dir, file)).unwrap()
}

fn written(record: &Record) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let paths = write_derived(record, dir.path(), &PageOptions::default()).unwrap();
    assert!(paths.iter().all(|path| path.is_file()));
    dir
}

/// The page without its line of times.
fn timeless(page: &str) -> String {
    page.lines().filter(|line| !line.contains("Begun ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn report_md() {
    let (_run, record) = filled();
    insta::assert_snapshot!(timeless(&text(written(&record).path(), "report.md")));
}

#[test]
fn results_json_has_lm_evals_keys() {
    let (_run, record) = filled();
    let results = json(written(&record).path(), "base/results.json");
    let keys = [
        "results",
        "group_subtasks",
        "configs",
        "versions",
        "n-shot",
        "higher_is_better",
        "n-samples",
        "config",
        "git_hash",
        "date",
        "task_hashes",
        "model_source",
        "model_name",
        "model_name_sanitized",
        "system_instruction",
        "system_instruction_sha",
        "fewshot_as_multiturn",
        "chat_template",
        "chat_template_sha",
        "start_time",
        "end_time",
        "total_evaluation_time_seconds",
    ];
    for key in keys {
        assert!(results.get(key).is_some(), "{key}");
    }
    let task = &results["results"]["heb_snli"];
    assert_eq!(task["acc,none"], 0.5);
    assert_eq!(task["acc_stderr,none"], 0.25);
    assert_eq!(results["results"]["probe_he"]["bits_per_byte_stderr,none"], "N/A");
    assert_eq!(
        results["n-samples"]["heb_snli"],
        serde_json::json!({"original": 40, "effective": 4})
    );
    assert_eq!(results["versions"]["heb_snli"], 1.0);
    assert_eq!(results["harness"]["tasks"]["heb_trans"]["state"]["state"], "missing");
    // (50 + 24.5) / 2 with the stand-in, on 0-100.
    assert_eq!(results["groups"]["he-board"]["headline,none"], 37.25);
}

#[test]
fn routing_json_holds_counts_and_measures() {
    let (_run, record) = filled();
    let routing = json(written(&record).path(), "base/routing.json");
    assert_eq!((&routing["num_experts"], &routing["top_k"]), (&16.into(), &4.into()));
    assert_eq!(routing["moe_layers"].as_array().unwrap().len(), 6);
    let groups = routing["groups"].as_array().unwrap();
    let probe = groups.iter().find(|group| group["task"] == "probe_he").unwrap();
    assert_eq!(
        (&probe["span"], &probe["capture"], &probe["tokens"]),
        (&"question".into(), &"full".into(), &40.into())
    );
    let layer: u64 =
        probe["selection_counts"][5].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
    assert_eq!(layer, 40 * 4);
    assert_eq!(probe["score_sums"].as_array().unwrap().len(), 6);
    let pair = &routing["pairs"][0];
    assert_eq!(
        (&pair["a"]["language"], &pair["b"]["language"], &pair["rows"]),
        (&"he".into(), &"en".into(), &4.into())
    );
    assert!(
        pair["excess_collapse"].as_f64().unwrap() > 0.2,
        "Hebrew reaches fewer experts in the last layers"
    );
    let lsi = &pair["lsi_by_layer"];
    let classes: u64 =
        ["a", "b", "shared", "inactive"].iter().filter_map(|class| lsi[class].as_u64()).sum();
    assert_eq!(classes, 6 * 16);
}

/// Two runs agree in everything but the named keys.
#[test]
fn two_runs_differ_in_times_only() {
    let strip = |mut results: Value| {
        TIME_KEYS.iter().for_each(|key| drop(results.as_object_mut().unwrap().shift_remove(*key)));
        results
    };
    let (_one, first) = filled();
    let dir = tempfile::tempdir().unwrap();
    let mut second = Record::open(dir.path(), &manifest()).unwrap();
    for model in ["cpt", "base"] {
        for task in ["heb_snli", "heb_trans_flores", "probe_en", "probe_he"] {
            for (index, first, count) in [(0, 0, 3), (1, 3, 1)] {
                let mut window = window(model, task, index, first, count);
                window.work.seconds = 99.0;
                second.commit(&window).unwrap();
            }
            second.finish_task(model, task, &outcome(model, task, 4), &[]).unwrap();
        }
    }
    let (a, b) = (written(&first), written(&second));
    for file in ["scores.csv", "routing.csv", "base/routing.json"] {
        assert_eq!(text(a.path(), file), text(b.path(), file), "{file}");
    }
    assert_eq!(timeless(&text(a.path(), "report.html")), timeless(&text(b.path(), "report.html")));
    assert_ne!(json(a.path(), "base/results.json"), json(b.path(), "base/results.json"));
    assert_eq!(
        strip(json(a.path(), "base/results.json")),
        strip(json(b.path(), "base/results.json"))
    );
}
