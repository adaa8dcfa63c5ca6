//! Rows of a parallel text that every language has.

use std::collections::{BTreeMap, HashMap};

use harness_metrics::routing::bands::DocumentCounts;
use harness_metrics::scores::Clusters;
use harness_metrics::{RoutingCounts, RoutingError};

use super::Corpus;
use crate::record::{DocumentRow, Record, RecordError, Span, TextSize};

/// One language of a corpus as one model read it.
#[derive(Clone, Debug)]
pub(crate) struct LanguageRows {
    pub(crate) language: String,
    pub(crate) task: String,
    /// Sum over rows.
    pub(crate) counts: RoutingCounts,
    /// Each row.
    pub(crate) by_row: DocumentCounts,
    /// How much text each row is; `None` where the record does not know, empty for imports.
    pub(crate) sizes: Vec<Option<TextSize>>,
}

/// Rows that all languages of a corpus have, as one model read them.
#[derive(Clone, Debug)]
pub(crate) struct CorpusRows {
    pub(crate) languages: Vec<LanguageRows>,
    /// Row ids, in the order of the tables.
    pub(crate) rows: Vec<String>,
    /// Which rows are resampled together.
    pub(crate) clusters: Clusters,
    /// Rows that some language lacks; they are left out of every language.
    pub(crate) dropped: usize,
}

impl CorpusRows {
    /// Reads the rows; `None` when the languages have no row in common.
    pub(crate) fn read(
        record: &Record,
        model: &str,
        corpus: &Corpus,
    ) -> Result<Option<Self>, RecordError> {
        let mut found: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for (_, task) in &corpus.languages {
            record.for_each_document(model, task, |document| {
                if let (Some(_), Some(row)) = (question(&document), document.row_id.clone()) {
                    found.entry(row).or_insert((document.cluster, 0)).1 += 1;
                }
                Ok::<(), RecordError>(())
            })?;
        }
        let all = found.len();
        found.retain(|_, (_, languages)| *languages == corpus.languages.len());
        let places: HashMap<&str, usize> =
            found.keys().enumerate().map(|(place, row)| (row.as_str(), place)).collect();
        let mut languages = Vec::new();
        for (language, task) in &corpus.languages {
            let Some(rows) = read_rows(record, model, (language, task), &places)? else {
                return Ok(None);
            };
            languages.push(rows);
        }
        let labels = found.values().map(|(cluster, _)| cluster.as_str());
        Ok(Some(Self {
            languages,
            clusters: Clusters::from_labels(labels),
            dropped: all - found.len(),
            rows: found.into_keys().collect(),
        }))
    }
}

/// A document's own tokens, if it has any that count.
pub(crate) fn question(document: &DocumentRow) -> Option<&RoutingCounts> {
    let found = document.routing.iter().find(|(span, _)| *span == Span::Question);
    found.map(|(_, counts)| counts).filter(|counts| counts.tokens > 0)
}

/// The rows that have a place; `None` if no document has one.
fn read_rows(
    record: &Record,
    model: &str,
    (language, task): (&str, &str),
    places: &HashMap<&str, usize>,
) -> Result<Option<LanguageRows>, RecordError> {
    let details = record.details(model, task)?;
    let mut found: Option<LanguageRows> = None;
    record.for_each_document(model, task, |document| {
        let place = document.row_id.as_deref().and_then(|row| places.get(row));
        if let (Some(&place), Some(counts)) = (place, question(&document)) {
            let rows = found.get_or_insert_with(|| LanguageRows {
                language: language.to_owned(),
                task: task.to_owned(),
                counts: RoutingCounts::zeros(counts.shape, counts.scores.is_some()),
                by_row: DocumentCounts::with_documents(counts.shape, places.len()),
                sizes: vec![None; places.len()],
            });
            rows.sizes[place] = details.get(&document.doc_id).and_then(|details| details.text);
            let mut add = || -> Result<(), RoutingError> {
                rows.counts.add(counts)?;
                rows.by_row.add(place, counts)
            };
            let name = || format!("model `{model}`, task `{task}`, document {}", document.doc_id);
            add().map_err(|error| record.damaged(&name(), &error.to_string()))?;
        }
        Ok::<(), RecordError>(())
    })?;
    Ok(found)
}
