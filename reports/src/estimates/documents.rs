//! Per-document scores, by metric.

use std::collections::HashMap;
use std::sync::Arc;

use harness_metrics::scores::{Formula, SufficientStatistics};
use indexmap::IndexMap;
use serde_json::Value;

use crate::manifest::MetricName;
use crate::record::{CorpusStatistics, DocumentRow, DocumentState};

/// What one metric keeps of one document.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum DocumentValue {
    /// A number of this document alone.
    Number(f64),
    /// A log-likelihood and the words or bytes that it is spread over.
    Weighted { sum: f64, weight: f64 },
    /// Part of a corpus metric, with what it contributes where the record says so.
    Corpus(Option<Arc<[f64]>>),
}

/// Scores of one (model, task): for each metric, the documents that have a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskScores {
    pub(crate) by_metric: IndexMap<MetricName, Vec<ScoredDocument>>,
    shapes: IndexMap<MetricName, RowShape>,
}

/// What the rows of a corpus metric mean.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct RowShape {
    /// From sums of rows to the score.
    pub(crate) formula: Formula,
    /// The class of each triple of columns, where they are of classes.
    pub(crate) classes: Vec<String>,
}

/// A document's value under one metric.
#[derive(Clone, Debug)]
pub(crate) struct ScoredDocument {
    pub(crate) document: Arc<DocumentKey>,
    pub(crate) value: DocumentValue,
}

/// Which document it is; shared by its metrics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DocumentKey {
    /// Position in the task.
    pub(crate) doc_id: usize,
    /// Hash of its content: the same document in another run.
    pub(crate) doc_hash: String,
    /// Hash of its prompt.
    pub(crate) prompt_hash: String,
    /// Documents of equal cluster belong together.
    pub(crate) cluster: String,
}

impl TaskScores {
    /// The documents that have a value under a metric.
    pub(crate) fn of(&self, metric: &MetricName) -> &[ScoredDocument] {
        self.by_metric.get(metric).map_or(&[], Vec::as_slice)
    }

    /// What a corpus metric's rows mean; `None` where the record does not say.
    pub(crate) fn shape(&self, metric: &MetricName) -> Option<&RowShape> {
        self.shapes.get(metric)
    }

    /// Gives documents what they contribute to corpus metrics.
    pub(crate) fn join(&mut self, statistics: Vec<CorpusStatistics>) {
        for CorpusStatistics { metric, contributions } in statistics {
            let (Some(contributions), Some(scored)) =
                (contributions, self.by_metric.get_mut(&metric))
            else {
                continue;
            };
            let SufficientStatistics { formula, classes, rows } = contributions.statistics;
            let mut rows: HashMap<usize, Vec<f64>> =
                contributions.documents.into_iter().zip(rows).collect();
            for one in scored.iter_mut() {
                let row = rows.remove(&one.document.doc_id);
                one.value = DocumentValue::Corpus(row.map(Into::into));
            }
            self.shapes.insert(metric, RowShape { formula, classes });
        }
    }

    /// Metrics of the corpus of which the record does not say what documents contribute.
    pub(crate) fn without_statistics(&self) -> Vec<MetricName> {
        let lacks = |scored: &ScoredDocument| scored.value == DocumentValue::Corpus(None);
        let lacking = self.by_metric.iter().filter(|(_, scored)| scored.iter().any(lacks));
        lacking.map(|(metric, _)| metric.clone()).collect()
    }

    /// Adds a document; unscored documents and metrics without a value are left out.
    pub(crate) fn add(&mut self, document: &DocumentRow) {
        if document.state != DocumentState::Scored {
            return;
        }
        let key = Arc::new(DocumentKey {
            doc_id: document.doc_id,
            doc_hash: document.doc_hash.clone(),
            prompt_hash: document.prompt_hash.clone(),
            cluster: document.cluster.clone(),
        });
        for score in document.scores.as_array().into_iter().flatten() {
            let filter = score["filter"].as_str().unwrap_or_default();
            for (metric, value) in score["metrics"].as_object().into_iter().flatten() {
                let Some(value) = DocumentValue::read(value) else { continue };
                let name = MetricName { metric: metric.clone(), filter: filter.to_owned() };
                let scored = ScoredDocument { document: Arc::clone(&key), value };
                self.by_metric.entry(name).or_default().push(scored);
            }
        }
    }
}

impl DocumentValue {
    /// A number, `{"sum", "weight"}`, or `{"gold", "prediction"}`; anything else is no value.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        if let Some(number) = value.as_f64() {
            return Some(Self::Number(number));
        }
        if let (Some(sum), Some(weight)) = (value["sum"].as_f64(), value["weight"].as_f64()) {
            return Some(Self::Weighted { sum, weight });
        }
        value.get("prediction").map(|_| Self::Corpus(None))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn kinds_of_values() {
        assert_eq!(DocumentValue::read(&json!(1.0)), Some(DocumentValue::Number(1.0)));
        let weighted = DocumentValue::Weighted { sum: -2.0, weight: 5.0 };
        assert_eq!(DocumentValue::read(&json!({"sum": -2.0, "weight": 5.0})), Some(weighted));
        let corpus = json!({"gold": "a", "prediction": "b"});
        assert_eq!(DocumentValue::read(&corpus), Some(DocumentValue::Corpus(None)));
        assert_eq!(DocumentValue::read(&json!({"unscored": "nan"})), None);
        assert_eq!(DocumentValue::read(&json!(null)), None);
    }

    #[test]
    fn documents_are_given_what_they_contribute() {
        let (row, mut scores) = testing::bleu(2);
        let name = MetricName { metric: row.metric, filter: row.filter };
        assert_eq!(scores.without_statistics(), std::slice::from_ref(&name));
        scores.join(testing::bleu_statistics(2));
        assert!(scores.without_statistics().is_empty());
        assert_eq!(scores.shape(&name).unwrap().formula, Formula::Bleu);
        let mut fewer = testing::bleu(3).1;
        fewer.join(testing::bleu_statistics(2));
        assert_eq!(fewer.without_statistics(), [name], "a document without a row");
    }

    #[test]
    fn unscored_documents_are_left_out() {
        let mut scores = TaskScores::default();
        let mut document = testing::document("base", "heb_snli", 0);
        scores.add(&document);
        document.state = DocumentState::Unscored { reason: "nan".to_owned() };
        scores.add(&document);
        assert_eq!(scores.by_metric.values().map(Vec::len).collect::<Vec<_>>(), [1]);
    }
}
