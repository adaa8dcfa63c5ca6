//! Pages of runs that lack something.

use super::*;

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
