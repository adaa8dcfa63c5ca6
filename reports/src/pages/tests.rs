//! The pages of small made-up runs.

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

/// Tries every way into a page that the escaping has to close; each would leave a mark on the page.
const HOSTILE: &str = "</title></script><script>document.documentElement.dataset.owned=1</script><img src=x onerror=document.documentElement.dataset.owned=1> | `x` [l](javascript:alert(1)) \u{202e} שלום";

/// Opens the pages in headless Chromium where it is installed.
#[test]
fn a_browser_finds_no_fault() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/browser/check_page.py");
    let (_run, hostile) = with_hostile_names();
    let (_other, plain) = filled();
    for record in [hostile, plain] {
        let dir = written(&record);
        let page = dir.path().join("report.html");
        let output = std::process::Command::new("python3").arg(&script).arg(&page).output();
        let Ok(output) = output else { return println!("skipped: python3 is not installed") };
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        let faults = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{faults}");
    }
}

fn with_hostile_names() -> (tempfile::TempDir, Record) {
    let hostile = HOSTILE;
    let mut manifest = manifest();
    let rename = |map: &mut indexmap::IndexMap<String, crate::manifest::ModelManifest>| {
        let model = map["cpt"].clone();
        map.insert(hostile.to_owned(), model);
    };
    rename(&mut manifest.models);
    manifest.models[0].source = hostile.to_owned();
    manifest.tasks[0].missing = Some(hostile.to_owned());
    manifest.tasks[1].card =
        serde_json::json!({"source": hostile, "licence": hostile, "ours": [hostile]});
    manifest.run.system_instruction = Some(hostile.to_owned());
    manifest.groups[0].title = format!("=cmd|' /C calc'!A0 {hostile}");
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest).unwrap();
    fill(&mut record);
    (dir, record)
}

#[test]
fn hostile_strings_are_text() {
    let (_run, record) = with_hostile_names();
    let dir = written(&record);
    let html = text(dir.path(), "report.html");
    for tag in ["<script>document", "<img", "\u{202e}"] {
        assert!(!html.contains(tag), "{tag}");
    }
    assert_eq!(html.matches("<script").count(), 1);
    assert_eq!(html.matches("</title>").count(), 1 + html.matches("<svg").count());
    let md = text(dir.path(), "report.md");
    assert!(
        !md.contains('<') && !md.replace(r"\]", "").contains("](") && !md.contains('\u{202e}'),
        "{md}"
    );
    // Every row of a table has as many cells as its header.
    for block in md.split("\n\n").filter(|block| block.starts_with('|')) {
        let bars: Vec<usize> =
            block.lines().map(|line| line.replace(r"\|", "").matches('|').count()).collect();
        assert!(bars.windows(2).all(|pair| pair[0] == pair[1]), "{block}");
    }
}

#[test]
fn the_page_loads_nothing_and_runs_its_own_script_only() {
    let (_run, record) = filled();
    let html = text(written(&record).path(), "report.html");
    for forbidden in ["http://", "https://", " src=", "style=\"", "onload", "@import"] {
        let found = html.replace("http://www.w3.org/2000/svg", "").contains(forbidden);
        assert!(!found, "{forbidden}");
    }
    assert_eq!(html.matches("<script>").count(), 1, "the one that sorts tables");
    assert!(html.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
    assert!(html.contains("script-src &#39;sha256-"));
}

#[test]
fn formulas_in_sheets_are_quoted() {
    let mut manifest = manifest();
    let model = manifest.models["base"].clone();
    manifest.models.insert("=HYPERLINK(\"http://e\")".to_owned(), model);
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest).unwrap();
    fill(&mut record);
    let sheet = text(written(&record).path(), "scores.csv");
    assert!(sheet.contains("\"'=HYPERLINK("), "{sheet}");
    let numbers = |line: &str| line.split(',').nth(8).unwrap().to_owned();
    let snli = sheet.lines().find(|line| line.starts_with("task,base,heb_snli")).unwrap();
    assert_eq!(numbers(snli), "0.5");
}

fn pages_of(manifest: &Manifest, fill: impl FnOnce(&mut Record)) -> (tempfile::TempDir, String) {
    let run = tempfile::tempdir().unwrap();
    let mut record = Record::open(run.path(), manifest).unwrap();
    fill(&mut record);
    let dir = written(&record);
    let report = text(dir.path(), "report.md");
    assert!(!report.contains("NaN") && !report.contains("inf "), "{report}");
    for model in manifest.models.keys() {
        assert!(model_folder(dir.path(), model).join("results.json").is_file());
    }
    (dir, report)
}

#[test]
fn an_empty_record_has_pages() {
    let (_dir, report) = pages_of(&manifest(), |_| {});
    assert!(
        report.contains("unfinished") && report.contains("No routing was captured"),
        "{report}"
    );
    let none = Manifest {
        models: Default::default(),
        tasks: Default::default(),
        groups: Vec::new(),
        ..manifest()
    };
    assert!(pages_of(&none, |_| {}).1.contains("The record holds no result yet"));
}

#[test]
fn one_document_of_one_model_has_pages() {
    let mut manifest = manifest();
    manifest.models.shift_remove("cpt");
    manifest.models[0].parent = None;
    let (_dir, report) = pages_of(&manifest, |record| {
        for task in ["heb_snli", "probe_en", "probe_he"] {
            record.commit(&window("base", task, 0, 0, 1)).unwrap();
            record.finish_task("base", task, &outcome("base", task, 1), &[]).unwrap();
        }
    });
    assert!(report.contains("With 1 documents") || report.contains("With 1 document"), "{report}");
    assert!(report.contains("How widely Hebrew text and the same rows in English"), "{report}");
}

#[test]
fn a_run_without_routing_has_pages() {
    let mut manifest = manifest();
    manifest.run.routing = false;
    manifest.models.values_mut().for_each(|model| model.router = None);
    let (dir, report) = pages_of(&manifest, |record| {
        let mut window = window("base", "heb_snli", 0, 0, 4);
        window.routing.clear();
        window.documents.iter_mut().for_each(|document| document.routing.clear());
        record.commit(&window).unwrap();
        record.finish_task("base", "heb_snli", &outcome("base", "heb_snli", 4), &[]).unwrap();
    });
    assert!(report.contains("No routing was captured") && report.contains("50.0 ("), "{report}");
    assert!(!dir.path().join("base/routing.json").exists());
}

#[test]
fn samples_are_written_when_logged() {
    let mut manifest = manifest();
    manifest.run.log_samples = true;
    let (dir, _) = pages_of(&manifest, fill);
    let samples = text(dir.path(), "base/samples_heb_snli.jsonl");
    assert_eq!(samples.lines().count(), 4);
    let line: Value = serde_json::from_str(samples.lines().next().unwrap()).unwrap();
    assert_eq!(line["acc"], 1.0);
}

#[test]
fn unscored_documents_are_named_with_their_reason() {
    let (_dir, report) = pages_of(&manifest(), |record| {
        let mut window = window("base", "heb_snli", 0, 0, 3);
        window.documents[1].state =
            crate::DocumentState::Unscored { reason: "nan in layer 3".to_owned() };
        record.commit(&window).unwrap();
        record.finish_task("base", "heb_snli", &outcome("base", "heb_snli", 2), &[]).unwrap();
    });
    assert!(
        report.contains("1 of 3 documents are unscored and left out (1 × nan in layer 3)"),
        "{report}"
    );
}

#[test]
fn metrics_without_value_and_signatures_are_named() {
    let (dir, report) = pages_of(&manifest(), |record| {
        record.commit(&window("base", "heb_snli", 0, 0, 4)).unwrap();
        let mut outcome = outcome("base", "heb_snli", 4);
        let mut missing = outcome.estimates[0].clone();
        missing.metric = "bleu_ja".to_owned();
        (missing.value, missing.stderr) = (None, None);
        missing.unscored = Some("no dictionary; install one".to_owned());
        outcome.estimates[0].signature = Some("nrefs:1|tok:char".to_owned());
        outcome.estimates.push(missing);
        record.finish_task("base", "heb_snli", &outcome, &[]).unwrap();
    });
    let sentence = "bleu_ja of heb_snli has no value: no dictionary; install one.";
    assert!(report.contains(sentence), "{report}");
    assert!(report.contains(r"acc of heb_snli, nrefs:1\|tok:char"), "{report}");
    let results: Value = serde_json::from_str(&text(dir.path(), "base/results.json")).unwrap();
    let scores = &results["harness"]["tasks"]["heb_snli"]["scores"];
    assert_eq!(scores[0]["signature"], "nrefs:1|tok:char");
    assert_eq!(results["results"]["heb_snli"]["bleu_ja,none"], "N/A");
}
