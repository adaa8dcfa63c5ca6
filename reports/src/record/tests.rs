//! What a record promises, tried on files.

use std::path::Path;

use super::*;
use crate::testing::{fill, manifest, outcome, window};

fn documents(record: &Record, model: &str, task: &str) -> Vec<DocumentRow> {
    let mut rows = Vec::new();
    let collect = |row| -> Result<(), RecordError> {
        rows.push(row);
        Ok(())
    };
    record.for_each_document(model, task, collect).unwrap();
    rows
}

/// Changes the file behind the record's back.
fn tamper(dir: &Path, sql: &str) {
    rusqlite::Connection::open(dir.join("run.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_is_committed_is_read_back_equal() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    let written = window("cpt", "probe_he", 0, 0, 3);
    record.commit(&written).unwrap();
    record.finish_task("cpt", "probe_he", &outcome("cpt", "probe_he", 3), &[]).unwrap();
    drop(record);
    let record = Record::read(dir.path()).unwrap();
    assert_eq!(record.manifest(), &manifest());
    assert_eq!(documents(&record, "cpt", "probe_he"), written.documents);
    assert_eq!(record.routing_totals("cpt", "probe_he").unwrap(), written.routing);
    assert_eq!(record.work("cpt", "probe_he").unwrap(), written.work);
    assert_eq!(
        record.committed("cpt", "probe_he").unwrap(),
        [Committed { index: 0, first_doc: 0, end_doc: 3 }]
    );
    assert_eq!(record.outcome("cpt", "probe_he").unwrap(), Some(outcome("cpt", "probe_he", 3)));
    assert_eq!(record.outcome("base", "probe_he").unwrap(), None);
}

#[test]
fn a_second_session_continues_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Record::open(dir.path(), &manifest()).unwrap();
    first.commit(&window("cpt", "heb_snli", 0, 0, 3)).unwrap();
    let created = first.created();
    drop(first);
    let mut second = Record::open(dir.path(), &manifest()).unwrap();
    assert_eq!(
        (second.committed("cpt", "heb_snli").unwrap().len(), second.created()),
        (1, created)
    );
    second.commit(&window("cpt", "heb_snli", 1, 3, 1)).unwrap();
    assert_eq!(documents(&second, "cpt", "heb_snli"), window("cpt", "heb_snli", 0, 0, 4).documents);
}

#[test]
fn a_commit_that_fails_half_way_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    record.commit(&window("cpt", "heb_snli", 0, 2, 1)).unwrap();
    // Document 2 is there already; documents 0 and 1 are inserted before that is noticed.
    let refused = record.commit(&window("cpt", "heb_snli", 1, 0, 3)).unwrap_err();
    assert!(matches!(refused, RecordError::Window { index: 1, .. }), "{refused}");
    assert_eq!(documents(&record, "cpt", "heb_snli").len(), 1);
    assert_eq!(record.committed("cpt", "heb_snli").unwrap().len(), 1);
}

/// What a killed process leaves: a write-ahead log with an unfinished transaction.
#[test]
fn a_transaction_that_never_ended_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    record.commit(&window("cpt", "heb_snli", 0, 0, 3)).unwrap();
    record
        .connection
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM documents; DELETE FROM windows;")
        .unwrap();
    let copy = tempfile::tempdir().unwrap();
    for file in ["run.db", "run.db-wal"] {
        std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
    }
    let after = Record::open(copy.path(), &manifest()).unwrap();
    assert_eq!(documents(&after, "cpt", "heb_snli").len(), 3);
}

#[test]
fn contradictions_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    let refused =
        |record: &mut Record, window: &Window| record.commit(window).unwrap_err().to_string();
    let good = window("cpt", "heb_snli", 0, 0, 3);
    let mut bad = good.clone();
    bad.model = "other".to_owned();
    assert!(refused(&mut record, &bad).contains("does not name this model"));
    let mut bad = good.clone();
    bad.documents.swap(0, 1);
    assert!(refused(&mut record, &bad).contains("not the positions 0..3"));
    let mut bad = good.clone();
    bad.documents[1].routing[0].1.selections[0] += 1;
    assert!(refused(&mut record, &bad).contains("routing of span question: layer 0"));
    let mut bad = good.clone();
    bad.routing[0].1 = harness_metrics::RoutingCounts::zeros(
        harness_metrics::RoutingShape { layers: 1, experts: 2, top_k: 1 },
        false,
    );
    assert!(refused(&mut record, &bad).contains("another shape"));
    record.commit(&good).unwrap();
    assert!(refused(&mut record, &good).contains("already"));
}

#[test]
fn another_run_in_the_same_folder_is_refused_with_every_difference() {
    let dir = tempfile::tempdir().unwrap();
    drop(Record::open(dir.path(), &manifest()).unwrap());
    let mut other = manifest();
    other.run.seed = 5;
    other.models[1].weights_digest = "new".to_owned();
    let refused = Record::open(dir.path(), &other).unwrap_err().to_string();
    assert!(refused.contains("run.seed: the record has 1234, this command has 5"), "{refused}");
    assert!(refused.contains("models.base.weights_digest: the record has w-base"), "{refused}");
    assert_eq!(Record::read(dir.path()).unwrap().manifest(), &manifest());
}

#[test]
fn models_that_are_added_come_last() {
    let dir = tempfile::tempdir().unwrap();
    let mut part = manifest();
    part.models.shift_remove("cpt");
    drop(Record::open(dir.path(), &part).unwrap());
    drop(Record::open(dir.path(), &manifest()).unwrap());
    let record = Record::read(dir.path()).unwrap();
    assert_eq!(record.manifest().models.keys().collect::<Vec<_>>(), ["base", "cpt"]);
}

#[test]
fn two_writers_do_not_meet_and_a_reader_may_look() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Record::open(dir.path(), &manifest()).unwrap();
    assert!(matches!(Record::open(dir.path(), &manifest()), Err(RecordError::Locked { .. })));
    let reader = Record::read(dir.path()).unwrap();
    writer.commit(&window("cpt", "heb_snli", 0, 0, 3)).unwrap();
    assert_eq!(
        documents(&reader, "cpt", "heb_snli").len(),
        0,
        "a reader sees the state of its opening"
    );
    assert_eq!(documents(&Record::read(dir.path()).unwrap(), "cpt", "heb_snli").len(), 3);
}

#[test]
fn a_reader_leaves_the_folder_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    fill(&mut Record::open(dir.path(), &manifest()).unwrap());
    let files = || {
        let entries = std::fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    let (one, two) = (Record::read(dir.path()).unwrap(), Record::read(dir.path()).unwrap());
    drop(one);
    assert_eq!(documents(&two, "cpt", "heb_snli").len(), 4, "the other still reads");
    drop(two);
    assert_eq!(files(), before);
    let last = Record::read(dir.path()).unwrap();
    let writer = Record::open(dir.path(), &manifest()).unwrap();
    drop(last);
    assert_eq!(documents(&writer, "cpt", "heb_snli").len(), 4, "a writer goes on");
    drop(writer);
    assert_eq!(files(), before);
}

#[test]
fn a_flipped_value_is_named_and_repaired_by_redoing_it() {
    let dir = tempfile::tempdir().unwrap();
    fill(&mut Record::open(dir.path(), &manifest()).unwrap());
    assert_eq!(Record::read(dir.path()).unwrap().verify().unwrap(), []);
    tamper(
        dir.path(),
        "UPDATE documents SET scores = '[]' WHERE model = 'base' AND task = 'heb_snli' AND doc_id = 1",
    );
    let mut record = Record::open(dir.path(), &manifest()).unwrap();
    let visit = |_| -> Result<(), RecordError> { Ok(()) };
    let error = record.for_each_document("base", "heb_snli", visit).unwrap_err().to_string();
    assert!(error.contains("model `base`, task `heb_snli`, document 1"), "{error}");
    let damages = record.verify().unwrap();
    let expected = Damage {
        model: "base".to_owned(),
        task: "heb_snli".to_owned(),
        window: Some(0),
        documents: vec![1],
    };
    assert_eq!(damages, [expected]);
    record.remove_damage(&damages[0]).unwrap();
    assert_eq!(record.verify().unwrap(), []);
    assert_eq!(
        (
            record.committed("base", "heb_snli").unwrap(),
            record.outcome("base", "heb_snli").unwrap()
        ),
        (vec![], None)
    );
    assert_eq!(documents(&record, "cpt", "heb_snli").len(), 4);
    record.commit(&window("base", "heb_snli", 0, 0, 3)).unwrap();
}

#[test]
fn a_lost_document_and_a_changed_total_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    fill(&mut Record::open(dir.path(), &manifest()).unwrap());
    tamper(
        dir.path(),
        "DELETE FROM documents WHERE model = 'cpt' AND task = 'probe_en' AND doc_id = 3",
    );
    tamper(
        dir.path(),
        "UPDATE windows SET end_doc = 2 WHERE model = 'cpt' AND task = 'probe_he' AND number = 0",
    );
    let damages = Record::read(dir.path()).unwrap().verify().unwrap();
    let named: Vec<_> = damages.iter().map(|d| (d.task.as_str(), d.window)).collect();
    assert_eq!(named, [("probe_en", Some(1)), ("probe_he", Some(0))]);
    assert!(damages[0].to_string().ends_with("a document is gone"));
}

#[test]
fn a_torn_file_is_damaged_and_other_files_are_foreign() {
    let dir = tempfile::tempdir().unwrap();
    fill(&mut Record::open(dir.path(), &manifest()).unwrap());
    let path = dir.path().join("run.db");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(Record::read(dir.path()), Err(RecordError::Damaged { .. })));
    assert!(matches!(Record::open(dir.path(), &manifest()), Err(RecordError::Damaged { .. })));
    std::fs::write(
        &path,
        "not a database, but long enough to look at its first hundred bytes ".repeat(40),
    )
    .unwrap();
    assert!(matches!(Record::read(dir.path()), Err(RecordError::Damaged { .. })));
    std::fs::remove_file(&path).unwrap();
    tamper(dir.path(), "CREATE TABLE other (x)");
    assert!(matches!(Record::read(dir.path()), Err(RecordError::Foreign { .. })));
    assert!(matches!(Record::open(dir.path(), &manifest()), Err(RecordError::Foreign { .. })));
}

#[test]
fn nothing_there_and_newer_versions_say_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Record::read(dir.path()), Err(RecordError::Absent { .. })));
    drop(Record::open(dir.path(), &manifest()).unwrap());
    tamper(dir.path(), "PRAGMA user_version = 99");
    let refused = Record::read(dir.path()).unwrap_err().to_string();
    assert!(refused.contains("record version 99") && refused.contains("up to 1"), "{refused}");
    assert!(matches!(
        Record::open(dir.path(), &manifest()),
        Err(RecordError::Newer { found: 99, .. })
    ));
}

#[test]
fn a_file_in_the_way_is_no_run_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run folder שלום\n");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Record::open(&file, &manifest()), Err(RecordError::Folder { .. })));
    let folder = dir.path().join("an odd? name#100% שלום\n");
    fill(&mut Record::open(&folder, &manifest()).unwrap());
    assert_eq!(documents(&Record::read(&folder).unwrap(), "cpt", "heb_snli").len(), 4);
}
