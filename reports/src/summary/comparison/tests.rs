//! Comparisons of small made-up runs.

use super::*;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::summary::Summary;
use crate::testing::{manifest, outcome, window};

/// A run of `documents` documents a task.
fn drawn(manifest: &Manifest, documents: usize) -> Summary {
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), manifest).unwrap();
    for model in manifest.models.keys() {
        for task in ["heb_snli", "heb_trans_flores", "probe_he"] {
            record.commit(&window(model, task, 0, 0, documents)).unwrap();
            record.finish_task(model, task, &outcome(model, task, documents), &[]).unwrap();
        }
    }
    Summary::draw(&record).unwrap()
}

fn task<'a>(comparison: &'a Comparison, name: &str) -> &'a TaskDifference {
    comparison.tasks.iter().find(|task| task.task == name).unwrap()
}

#[test]
fn right_and_wrong_along_the_lineage() {
    let summary = drawn(&manifest(), 60);
    let [comparison] = summary.comparisons() else { panic!("one edge: cpt from base") };
    assert_eq!((comparison.model.as_str(), comparison.baseline.as_str()), ("cpt", "base"));
    let difference = task(comparison, "heb_snli").outcome.as_ref().unwrap();
    // Documents 3, 9, 15, … of 60 turn right: 10 of them, none the other way.
    let flips = difference.flips.unwrap();
    assert_eq!((flips.gained, flips.lost, difference.n, difference.clusters), (10, 0, 60, 30));
    assert!((difference.value() - 10.0 / 60.0).abs() < 1e-12);
    assert!((flips.exact_p - 2.0_f64.powi(-9)).abs() < 1e-12);
    // Documents come in clusters of two, which McNemar does not know.
    assert_eq!((difference.test, difference.verdict), (Test::SignFlip, Verdict::Better));
    let interval = difference.interval.as_ref().unwrap();
    assert!(interval.low > 0.0 && interval.high < 0.34, "{interval:?}");
    assert!(difference.detectable.unwrap() > 0.1);
    assert_eq!(comparison.unevenness.shape(), Shape::Broadens);
    assert_eq!(comparison.unevenness.better, ["heb_snli"]);
}

#[test]
fn corpus_metrics_are_paired_by_what_documents_contribute() {
    let (_dir, record) = crate::testing::translated(60, true);
    let summary = Summary::draw(&record).unwrap();
    let found = task(&summary.comparisons()[0], "heb_trans_flores");
    let difference = found.outcome.as_ref().unwrap();
    assert_eq!((found.metric.metric.as_str(), difference.test), ("bleu", Test::Exchange));
    // One more match of every order in every document; no exchange of clusters gives as much.
    assert!(difference.value() > 5.0 && difference.p < 0.001, "{difference:?}");
    let interval = difference.interval.as_ref().unwrap();
    assert!(interval.low > 0.0 && interval.low < difference.value(), "{interval:?}");
    assert_eq!((difference.verdict, difference.clusters), (Verdict::Better, 30));
    let scored = &summary.cell("base", "heb_trans_flores").unwrap().scores[0];
    let method = scored.interval.as_ref().unwrap().method;
    assert_eq!(method, harness_metrics::IntervalMethod::ClusterBootstrap);
}

#[test]
fn records_without_statistics_say_how_to_get_them() {
    let (_dir, record) = crate::testing::translated(60, false);
    let summary = Summary::draw(&record).unwrap();
    let found = task(&summary.comparisons()[0], "heb_trans_flores");
    let reason = found.outcome.as_ref().unwrap_err().reason();
    assert!(reason.contains("contributes to bleu; the same `harness eval`"), "{reason}");
}

#[test]
fn equal_answers_are_the_same_or_undecided_never_better() {
    let summary = drawn(&manifest(), 60);
    let comparison = &summary.comparisons()[0];
    let translation = task(comparison, "heb_trans_flores").outcome.as_ref().unwrap();
    assert_eq!((translation.value(), translation.p, &translation.interval), (0.0, 1.0, &None));
    assert_eq!(translation.verdict, Verdict::Undecided, "no interval, no claim");
    let probe = task(comparison, "probe_he");
    assert!(probe.probe && !probe.higher_is_better);
    assert_eq!(probe.outcome.as_ref().unwrap().test, Test::Exchange);
    let missing = task(comparison, "heb_trans").outcome.as_ref().unwrap_err();
    assert!(matches!(missing, NoDifference::Absent(reason) if reason.contains("example/ted")));
}

#[test]
fn averages_by_group_and_category() {
    let summary = drawn(&manifest(), 60);
    let comparison = &summary.comparisons()[0];
    let average = comparison.averages[0].outcome.as_ref();
    // The translation has no error at all, so neither has the average.
    let average = average.unwrap();
    assert!((average.value() - 100.0 * 10.0 / 60.0 / 2.0).abs() < 1e-9);
    assert_eq!((average.stderr, average.p), (None, 1.0));
    let names: Vec<&str> = comparison.categories.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["reasoning", "translation"]);
    let reasoning = comparison.categories[0].outcome.as_ref().unwrap();
    assert_eq!(reasoning.verdict, Verdict::Better);
    assert_eq!(comparison.categories[1].stand_ins.len(), 1);
}

#[test]
fn other_runs_pair_by_content_and_say_what_was_dropped() {
    let (long, short) = (drawn(&manifest(), 60), drawn(&manifest(), 40));
    let side = |summary, label| Side { summary, alias: "base", label };
    let pairs = [(side(&short, "old"), side(&long, "new"), Relation::Chosen)];
    let found = compare(&pairs, &CompareOptions::default());
    let difference = task(&found[0], "heb_snli").outcome.as_ref().unwrap();
    assert_eq!((difference.n, difference.dropped, difference.value()), (40, (0, 20), 0.0));
    // Nothing changed among 20 clusters: the 90 % interval is ±7 points, so sameness is not shown.
    let interval = difference.interval_90.as_ref().unwrap();
    assert!(interval.high > 0.05 && difference.verdict == Verdict::Undecided);
    let options = CompareOptions { margin_points: 10.0, ..CompareOptions::default() };
    let wide = compare(&pairs, &options);
    assert_eq!(task(&wide[0], "heb_snli").outcome.as_ref().unwrap().verdict, Verdict::Same);
}

#[test]
fn other_questions_are_not_compared() {
    let old = drawn(&manifest(), 10);
    let mut changed = manifest();
    changed.tasks["heb_snli"].version = "2.0".to_owned();
    let new = drawn(&changed, 10);
    let side = |summary, label| Side { summary, alias: "base", label };
    let pairs = [(side(&old, "old"), side(&new, "new"), Relation::Chosen)];
    let found = compare(&pairs, &CompareOptions::default());
    let outcome = &task(&found[0], "heb_snli").outcome;
    let fields = vec!["version: 1.0 / 2.0".to_owned()];
    assert_eq!(outcome, &Err(NoDifference::Incomparable(fields)));
    let average = found[0].averages[0].outcome.as_ref().unwrap_err();
    assert_eq!(average.reason(), "not comparable: heb_snli, version: 1.0 / 2.0");
}

#[test]
fn an_unfinished_or_single_model_run_has_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let record = Record::open(dir.path(), &manifest()).unwrap();
    let summary = Summary::draw(&record).unwrap();
    let comparison = &summary.comparisons()[0];
    assert!(comparison.tasks.iter().all(|task| task.outcome.is_err()));
    assert_eq!(
        (comparison.unevenness.tasks(), comparison.unevenness.shape()),
        (0, Shape::Undecided)
    );
    let mut alone = manifest();
    alone.models.shift_remove("cpt");
    assert!(drawn(&alone, 3).comparisons().is_empty());
}
