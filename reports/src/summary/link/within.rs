//! Documents of one checkpoint.

use harness_metrics::association::documents::{Document, link};
use harness_metrics::scores::{Clusters, Resampling};

use super::{Predictor, WithinRow, adjusted};
use crate::summary::Summary;

/// A row a model and predictor, the primary predictor of every model first; models without
/// routing have none.
pub(super) fn rows(
    summary: &Summary,
    resampling: impl Fn(Predictor) -> Resampling,
) -> Vec<WithinRow> {
    let models = &summary.manifest.models;
    let routed: Vec<&String> =
        models.iter().filter(|(_, model)| model.router.is_some()).map(|(alias, _)| alias).collect();
    let mut rows: Vec<WithinRow> = Predictor::ALL
        .into_iter()
        .flat_map(|predictor| routed.iter().map(move |model| (predictor, *model)))
        .map(|(predictor, model)| row(summary, model, predictor, resampling(predictor)))
        .collect();
    let p = |row: &WithinRow| {
        let is_primary = row.predictor == Predictor::PRIMARY;
        row.link.as_ref().ok().filter(|_| is_primary).map(|link| link.adjusted.p)
    };
    adjusted(&mut rows, p, |row, p| row.p_holm = Some(p));
    rows
}

fn row(summary: &Summary, model: &str, predictor: Predictor, resampling: Resampling) -> WithinRow {
    let (mut documents, mut labels, mut too_short) = (Vec::new(), Vec::new(), 0);
    for (task, name) in summary.manifest.tasks.keys().enumerate() {
        for document in summary.documents(model, name).iter().flat_map(|task| &task.documents) {
            let Some(score) = document.score.filter(|_| document.tokens > 0) else { continue };
            let Some(value) = document.predictors[predictor.place()] else {
                too_short += 1;
                continue;
            };
            documents.push(Document {
                task,
                score,
                tokens: document.tokens,
                options: document.options,
                tokens_per_character: document.tokens_per_character,
                predictor: value,
            });
            labels.push(format!("{name}\n{}", document.cluster));
        }
    }
    let clusters = Clusters::from_labels(labels.iter().map(String::as_str));
    WithinRow {
        model: model.to_owned(),
        predictor,
        link: link(&documents, &clusters, resampling).map_err(|error| error.to_string()),
        too_short,
        p_holm: None,
    }
}
