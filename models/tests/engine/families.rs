//! Every family against transformers, on the tiny checkpoints under `tests/families`, and the README's
//! table of what was found.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use harness_models::{ScoreFunction, SupportedFamily, inspect, supported_families};

use crate::agreement::{Agreement, agreement};

const BEGIN: &str = "<!-- families: written by a test, see \"a model family\" below -->\n";
const END: &str = "<!-- end of families -->\n";

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders that `tests/parity/families.py` wrote, by name.
pub(crate) fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/families")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The checkpoints of a family: NAME, and NAME-SPECIALITY.
fn folders_of(family: &str) -> Vec<PathBuf> {
    let of = |dir: &PathBuf| {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        name.split('-').next() == Some(family)
    };
    folders().into_iter().filter(of).collect()
}

/// The largest differences over a family's checkpoints, all within the specification's tolerances.
fn measured(family: &str) -> Agreement {
    let mut largest = Agreement::default();
    let folders = folders_of(family);
    assert!(!folders.is_empty(), "{family} has no checkpoint under tests/families");
    for dir in folders {
        assert_eq!(inspect(&dir).unwrap().architecture.family, family);
        let found = agreement(&dir);
        found.check(&dir.file_name().unwrap().to_string_lossy(), 5e-5);
        largest = largest.larger(found);
    }
    largest
}

/// The next larger of 1, 2 and 5 times a power of ten.
fn rounded_up(difference: f64) -> f64 {
    let power = 10f64.powf(difference.max(1e-12).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|&step| step >= difference).unwrap()
}

fn row(family: &SupportedFamily, found: Agreement) -> String {
    let architecture = inspect(&folders_of(family.name)[0]).unwrap().architecture;
    let scores = match architecture.score_function {
        Some(ScoreFunction::Softmax) => "softmax",
        Some(ScoreFunction::Sigmoid) => "sigmoid",
        None => "no routing",
    };
    let logits = match architecture.score_function {
        Some(_) => format!("{:.0e}", rounded_up(found.router_logits)),
        None => "–".to_owned(),
    };
    let log_probs = rounded_up(found.log_probs);
    format!("| `{}` | {} | {scores} | {log_probs:.0e} | {logits} |", family.name, family.models)
}

fn table() -> String {
    let mut table = "| family | meant for | router scores | log-probability within | router logit within |\n|---|---|---|---|---|\n".to_owned();
    for family in supported_families() {
        writeln!(table, "{}", row(&family, measured(family.name))).unwrap();
    }
    table
}

/// Rows without their measured numbers, and those numbers.
fn taken_apart(table: &str) -> (Vec<String>, Vec<f64>) {
    let cells = table.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let (mut words, mut numbers) = (vec![], vec![]);
    for cells in cells {
        for cell in cells {
            match cell.parse() {
                Ok(number) => numbers.push(number),
                Err(_) => words.push(cell.to_owned()),
            }
        }
    }
    (words, numbers)
}

/// The README says what this test measures; other processors may round a few times worse.
#[test]
fn every_family_agrees_with_transformers_as_the_readme_says() {
    let path = root().join("../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("README has the begin marker");
    let (written, after) = rest.split_once(END).expect("README has the end marker");
    let table = table();
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    let ((words, stated), (expected, found)) = (taken_apart(written), taken_apart(&table));
    let fix = "run `UPDATE_README=1 cargo test --release -p harness-models --test engine readme`";
    assert_eq!(words, expected, "the README's table of families is old: {fix}");
    let near = stated.iter().zip(&found).all(|(stated, found)| *found <= 5.0 * stated);
    assert!(near && stated.len() == found.len(), "{written}\nis stated, found is\n{table}\n{fix}");
}
