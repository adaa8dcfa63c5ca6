//! Translations scored by corpus BLEU.

use harness_metrics::scores::{Formula, SufficientStatistics};
use serde_json::json;

use super::{document, manifest, outcome, window};
use crate::estimates::{EstimateRow, TaskOutcome, TaskScores, Unit};
use crate::manifest::MetricName;
use crate::record::{CorpusStatistics, DocumentContributions, DocumentRow, Record};

/// Corpus BLEU of `documents` documents, as an older record has it: the outcome's row, and scores
/// that do not say what documents contribute.
pub(crate) fn bleu(documents: usize) -> (EstimateRow, TaskScores) {
    let mut scores = TaskScores::default();
    for id in 0..documents {
        let document = document("base", "heb_trans", id);
        scores.add(&DocumentRow { scores: bleu_pair(), ..document });
    }
    (bleu_row("base", documents), scores)
}

/// A translation as documents have it.
fn bleu_pair() -> serde_json::Value {
    let metrics = json!({"bleu": {"gold": "a b c d", "prediction": "a b c d"}});
    json!([{"filter": "none", "filtered": null, "metrics": metrics}])
}

fn bleu_row(model: &str, documents: usize) -> EstimateRow {
    EstimateRow {
        metric: "bleu".to_owned(),
        value: bleu_rows(model, documents).score(),
        unit: Unit::Points,
        per_document: false,
        stderr: Some(2.0),
        ..outcome(model, "heb_trans_flores", documents).estimates.remove(0)
    }
}

/// Translations of both models, by corpus BLEU; `statistics` as an older record lacks them.
pub(crate) fn translated(documents: usize, statistics: bool) -> (tempfile::TempDir, Record) {
    let task = "heb_trans_flores";
    let mut manifest = manifest();
    manifest.tasks[task].headline =
        Some(MetricName { metric: "bleu".to_owned(), filter: "none".to_owned() });
    let dir = tempfile::tempdir().unwrap();
    let mut record = Record::open(dir.path(), &manifest).unwrap();
    for model in ["cpt", "base"] {
        let mut window = window(model, task, 0, 0, documents);
        window.documents.iter_mut().for_each(|document| document.scores = bleu_pair());
        record.commit(&window).unwrap();
        let row = bleu_row(model, documents);
        let outcome = TaskOutcome { estimates: vec![row], ..outcome(model, task, documents) };
        let kept = if statistics { statistics_of(model, documents) } else { Vec::new() };
        record.finish_task(model, task, &outcome, &kept).unwrap();
    }
    (dir, record)
}

/// What the documents of [`bleu`] contribute.
pub(crate) fn bleu_statistics(documents: usize) -> Vec<CorpusStatistics> {
    statistics_of("base", documents)
}

fn statistics_of(model: &str, documents: usize) -> Vec<CorpusStatistics> {
    let statistics = bleu_rows(model, documents);
    let metric = MetricName { metric: "bleu".to_owned(), filter: "none".to_owned() };
    let documents = (0..documents).collect();
    let contributions = Some(DocumentContributions { documents, statistics });
    vec![CorpusStatistics { metric, contributions }]
}

/// Matches, totals and lengths that differ between documents; more matches for `cpt`.
fn bleu_rows(model: &str, documents: usize) -> SufficientStatistics {
    let more = f64::from(u8::from(model == "cpt"));
    let row = |id: usize| {
        let right = (id * 5 % 7) as f64 + more;
        let matches = [right + 3.0, right + 2.0, right + 1.0, right];
        let rest = [12.0, 11.0, 10.0, 9.0, 12.0, 13.0];
        matches.into_iter().chain(rest).collect()
    };
    let rows = (0..documents).map(row).collect();
    SufficientStatistics { formula: Formula::Bleu, classes: Vec::new(), rows }
}
