//! The first sentences of made-up runs.

use super::scores;
use crate::record::Record;
use crate::summary::Summary;
use crate::testing::{manifest, outcome, window};

const DOCUMENTS: usize = 180;

/// Documents of `heb_snli`, written answers among three, of which each model gives so many right.
fn sentences(right: [(&str, usize); 2]) -> String {
    let mut manifest = manifest();
    let task = &mut manifest.tasks["heb_snli"];
    task.output_type = "generate_until".to_owned();
    task.answer_options = Some(3);
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest).unwrap();
    for (model, right) in right {
        let mut window = window(model, "heb_snli", 0, 0, DOCUMENTS);
        for document in &mut window.documents {
            let is_right = document.doc_id < right;
            document.scores[0]["metrics"]["acc"] = f64::from(u8::from(is_right)).into();
        }
        record.commit(&window).unwrap();
        let mut outcome = outcome(model, "heb_snli", DOCUMENTS);
        outcome.estimates[0].value = Some(right as f64 / DOCUMENTS as f64);
        record.finish_task(model, "heb_snli", &outcome, &[]).unwrap();
    }
    scores::sentences(&Summary::draw(&record).unwrap()).join(" ")
}

#[test]
fn reaching_chance_is_no_skill() {
    let said = sentences([("base", 0), ("cpt", 60)]);
    assert!(said.contains("better on heb_snli"), "{said}");
    let caveat =
        "But heb_snli only goes from below what guessing gets (33.3) to what guessing gets.";
    assert!(said.contains(caveat), "{said}");
    let fallen = sentences([("base", 60), ("cpt", 0)]);
    assert!(fallen.contains("goes from what guessing gets (33.3) to below it"), "{fallen}");
}

#[test]
fn beyond_chance_needs_no_caveat() {
    let said = sentences([("base", 60), ("cpt", 120)]);
    assert!(said.contains("better on heb_snli") && !said.contains("guessing"), "{said}");
}
