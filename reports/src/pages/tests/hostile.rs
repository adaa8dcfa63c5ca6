//! Texts of others that try to be markup, a formula or a command.

use std::path::PathBuf;

use super::*;
use crate::pages::{ComparisonFormat, comparison_page, write_leaderboard};
use crate::summary::comparison::CompareOptions;
use crate::summary::{Runs, Summary};

/// Tries every way into a page that the escaping has to close; each would leave a mark on the page.
const HOSTILE: &str = "</title></script><script>document.documentElement.dataset.owned=1</script><img src=x onerror=document.documentElement.dataset.owned=1> | `x` [l](javascript:alert(1)) \u{202e} שלום";

/// Opens the pages in headless Chromium where it is installed.
#[test]
fn a_browser_finds_no_fault() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/browser/check_page.py");
    let (_run, hostile) = with_hostile_names();
    let (_other, documents) = with_hostile_documents();
    let dir = tempfile::tempdir().unwrap();
    for page in pages(&hostile, &documents, dir.path()) {
        let output = std::process::Command::new("python3").arg(&script).arg(&page).output();
        let Ok(output) = output else { return println!("skipped: python3 is not installed") };
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{}: {said}", page.display());
        let faults = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}\n{faults}", page.display());
    }
}

/// A report of each record, the comparisons of the first, and a leaderboard of both.
fn pages(hostile: &Record, documents: &Record, dir: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for (name, record) in [("hostile", hostile), ("documents", documents)] {
        let folder = dir.join(name);
        write_derived(record, &folder, &PageOptions::default()).unwrap();
        pages.push(folder.join("report.html"));
    }
    let summary = Summary::draw(hostile).unwrap();
    let options = CompareOptions::default();
    let html = comparison_page(summary.comparisons(), &options, ComparisonFormat::Html).unwrap();
    pages.push(dir.join("compare.html"));
    std::fs::write(dir.join("compare.html"), html).unwrap();
    let runs = vec![
        (HOSTILE.to_owned(), summary),
        ("documents".to_owned(), Summary::draw(documents).unwrap()),
    ];
    pages.push(write_leaderboard(&Runs::new(runs), dir).unwrap().remove(0));
    pages
}

/// Documents whose texts, answers and prompts are hostile and begin in Hebrew.
fn with_hostile_documents() -> (tempfile::TempDir, Record) {
    let text = format!("שלום {HOSTILE}");
    let mut manifest = manifest();
    manifest.run.log_samples = true;
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest).unwrap();
    for model in ["cpt", "base"] {
        let mut window = window(model, "heb_snli", 0, 0, 12);
        for document in &mut window.documents {
            document.target = text.clone().into();
            document.responses = serde_json::json!([{"generated": {"text": text}}]);
            document.scores[0]["filtered"] = serde_json::json!([text]);
            document.sample = Some(serde_json::json!({"doc": {}, "arguments": [[text, {}]]}));
        }
        record.commit(&window).unwrap();
        record.finish_task(model, "heb_snli", &outcome(model, "heb_snli", 12), &[]).unwrap();
    }
    (dir, record)
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

/// Whether a tag, comment or declaration could begin in this Markdown.
fn has_tag(md: &str) -> bool {
    let begins = |rest: &str| rest.starts_with(|c: char| c.is_alphabetic() || "/!?".contains(c));
    md.split('<').skip(1).any(begins)
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
        !has_tag(&md) && !md.replace(r"\]", "").contains("](") && !md.contains('\u{202e}'),
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
