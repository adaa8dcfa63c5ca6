//! Metrics of a whole corpus: what the record keeps of each document, and what follows from it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{arg, demo_data, json, run_to};

/// The demo's sentences, scored as a corpus.
const TASK: &str = "\
task: sentences_as_corpus
dataset_path: Helsinki-NLP/neulab_tedtalks
dataset_name: en-he
test_split: test
fewshot_split: train
num_fewshot: 3
fewshot_config:
  sampler: first_n
output_type: generate_until
doc_to_text: \"עברית: {{he}}\\nאנגלית:\"
doc_to_target: '{{en}}'
generation_kwargs:
  until: [\"\\n\"]
  max_gen_toks: 12
metric_list:
  - metric: chrf
  - metric: bleu
  - metric: ter
metadata:
  version: 1.0
";

/// Two of the demo's checkpoints on twenty sentences.
fn evaluated(folder: &Path) -> PathBuf {
    let (run, tasks) = (folder.join("run"), folder.join("tasks"));
    std::fs::create_dir_all(&tasks).unwrap();
    std::fs::write(tasks.join("sentences.yaml"), TASK).unwrap();
    let data = demo_data();
    let asked = ["--tasks", "sentences_as_corpus", "--include-path", arg(&tasks), "--limit", "20"];
    let rest = ["--data-dir", &data, "--output", arg(&run), "--quiet"];
    run_to(0, &[&["eval", "--models", "base,cpt"], &asked[..], &rest].concat());
    run
}

/// The row of `compare` of the headline metric.
fn compared(run: &Path) -> Value {
    let (text, _) = run_to(0, &["compare", arg(run), "--format", "json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    let rows = found["comparisons"][0]["rows"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == "sentences_as_corpus").unwrap().clone()
}

fn intervals(run: &Path) -> Vec<String> {
    let mut sheet = csv::Reader::from_path(run.join("scores.csv")).unwrap();
    let columns = sheet.headers().unwrap().clone();
    let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let (kind, interval) = (place("kind"), place("interval"));
    let rows = sheet.records().map(Result::unwrap).filter(|row| &row[kind] == "task");
    rows.map(|row| row[interval].to_owned()).collect()
}

#[test]
fn documents_contribute_and_older_records_are_told_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path());
    assert_eq!(intervals(&run), ["cluster bootstrap"; 6]);
    let row = compared(&run);
    assert_eq!((&row["n"], &row["test"]), (&20.into(), &"exchange".into()));
    assert!(row["low"].is_number() && row["p"].is_number(), "{row}");
    let scores = |run: &Path| json(&run.join("cpt/results.json"))["results"].clone();
    let before = scores(&run);

    // As a record made before statistics were kept: what it shows, and the same command again.
    let database = rusqlite::Connection::open(run.join("run.db")).unwrap();
    database.execute("DROP TABLE statistics", []).unwrap();
    drop(database);
    run_to(0, &["report", arg(&run)]);
    assert_eq!(intervals(&run), ["normal"; 6]);
    let report = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("the record does not hold what each document contributes"), "{report}");
    let row = compared(&run);
    assert!(row["low"].is_null() && row["reason"].as_str().unwrap().contains("harness eval"));
    evaluated(folder.path());
    assert_eq!(intervals(&run), ["cluster bootstrap"; 6]);
    assert_eq!(scores(&run), before);
    run_to(0, &["verify", arg(&run)]);
}
