//! The page is what the record says, and says so when the record does not bear a claim out.

use super::*;

fn usage(language: &str, selections: Vec<Vec<u64>>) -> Usage {
    Usage { language: language.to_owned(), tokens: 100, selections }
}

fn score(task: &str, points: f64) -> TaskScore {
    let (task, metric) = (task.to_owned(), "acc".to_owned());
    TaskScore { task, metric, documents: 100, points, standard_error: 2.0 }
}

fn checkpoint(name: &str, hebrew: Vec<u64>, points: [f64; 6], right: usize) -> Checkpoint {
    let tasks = claims::TASKS.iter().zip(points);
    let cell = |letter: &str, right| CellScore { cell: letter.to_owned(), asked: 50, right };
    Checkpoint {
        name: name.to_owned(),
        scores: tasks.map(|((task, ..), points)| score(task, points)).collect(),
        cells: vec![cell("H", right), cell("N", 13)],
        usage: vec![usage("en", vec![vec![100; 4]; 2]), usage("he", vec![hebrew; 2])],
    }
}

fn record() -> Record {
    let base = checkpoint("base", vec![300, 100, 0, 0], [0.0, 0.0, 0.0, 50.0, 0.0, 25.0], 12);
    let cpt = checkpoint("cpt", vec![110, 100, 95, 95], [60.0, 50.0, 95.0, 90.0, 30.0, 45.0], 40);
    let sft = checkpoint("sft", vec![280, 110, 10, 0], [60.0, 60.0, 95.0, 50.0, 0.0, 25.0], 12);
    let fertility = Fertility { language: "he".to_owned(), by_character: 0.4, by_piece: 2.0 };
    Record { fertility: vec![fertility], checkpoints: vec![base, cpt, sft] }
}

#[test]
fn claims_follow_from_the_record() {
    let shown = |record: &Record| -> Vec<Option<bool>> {
        claims::claims(record).iter().map(|claim| claim.holds).collect()
    };
    assert_eq!(shown(&record()), [Some(true); 9]);
    let mut worse = record();
    worse.checkpoints[1] = Checkpoint { name: "cpt".to_owned(), ..record().checkpoints[0].clone() };
    let [below, aim, closed, shared, cosine, gains, leak, uneven, near] = shown(&worse)[..] else {
        panic!("another number of claims")
    };
    assert_eq!([below, aim, uneven], [Some(true); 3]);
    assert_eq!([closed, shared, cosine, gains, leak, near], [Some(false); 6]);
    assert!(page(&worse, &[]).contains("Why, as we think: cpt spreads Hebrew evenly"));
}

#[test]
fn a_model_that_writes_no_answer_words_is_granted_chance() {
    let page = page(&record(), &[]);
    assert!(page.contains("entailment +26.7"), "{page}");
    assert!(page.contains("| heb_lb_snli | 33 | 0.0 ±3.9 | 60.0 ±3.9 | 60.0 ±3.9 |"), "{page}");
}

#[test]
fn what_is_missing_is_a_dash_and_no_claim() {
    let mut record = record();
    record.checkpoints[1].scores.pop();
    record.checkpoints[1].usage.pop();
    let csv = "seed,gap\n1,0.5\n".to_owned();
    let page = page(&record, &[Study { title: "Seeds", words: "Two.".to_owned(), csv }]);
    assert!(page.contains("not measured: cpt gains"), "{page}");
    assert!(page.contains("| heb_lb_trivia | 25 | 25.0 ±3.9 | – | 25.0 ±3.9 |"), "{page}");
    assert!(
        page.contains("## Seeds\n\nTwo.\n\n| seed | gap |\n|---|---|\n| 1 | 0.5 |\n"),
        "{page}"
    );
}

#[test]
fn a_record_survives_its_file_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.json");
    let json = record().to_json();
    assert!(json.contains("[ 300, 100, 0, 0 ]"), "{json}");
    std::fs::write(&path, &json).unwrap();
    assert_eq!(Record::load(&path).unwrap(), record());
    std::fs::write(&path, &json[..json.len() / 2]).unwrap();
    let error = Record::load(&path).unwrap_err().to_string();
    assert!(error.contains("record.json, line "), "{error}");
    let error = Record::load(&folder.path().join("none")).unwrap_err().to_string();
    assert!(error.contains("harness eval"), "{error}");
}

#[test]
fn the_committed_page_is_what_its_record_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(folder.join("RESULTS.md")).unwrap();
    let hint = "run `cargo run --release -p harness-demo -- results --out demo`";
    assert!(committed == page_of(folder).unwrap(), "demo/RESULTS.md is not current: {hint}");
}
