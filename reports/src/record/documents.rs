//! Reading documents and window totals.

use harness_metrics::RoutingCounts;
use rusqlite::Row;
use serde_json::Value;

use super::commit::{StoredDocument, StoredWindow};
use super::open::parse;
use super::{DocumentRow, DocumentState, Record, RecordError, Span, Work, blob};

/// What to decode of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    All,
    WithoutRouting,
}

impl Record {
    /// Calls `visit` with every document of a (model, task), in order and one at a time, so that
    /// memory does not grow with the task.
    ///
    /// # Errors
    /// The first damaged row, by name; and whatever `visit` returns.
    pub fn for_each_document<E: From<RecordError>>(
        &self,
        model: &str,
        task: &str,
        visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.for_each_row(model, task, Parts::All, visit)
    }

    /// Like [`Record::for_each_document`] without decoding the routing, which stays empty:
    /// several times cheaper.
    ///
    /// # Errors
    /// As there.
    pub fn for_each_answer<E: From<RecordError>>(
        &self,
        model: &str,
        task: &str,
        visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.for_each_row(model, task, Parts::WithoutRouting, visit)
    }

    /// Routing of a (model, task) summed over its windows, by span in the order of [`Span::ALL`].
    ///
    /// # Errors
    /// When a window's row is damaged or SQLite cannot read.
    pub fn routing_totals(
        &self,
        model: &str,
        task: &str,
    ) -> Result<Vec<(Span, RoutingCounts)>, RecordError> {
        let mut totals: Vec<(Span, RoutingCounts)> = Vec::new();
        for (window, _) in self.stored_windows(model, task)? {
            let name = format!("model `{model}`, task `{task}`, window {}", window.number);
            let routing =
                blob::decode(&window.routing).map_err(|detail| self.damaged(&name, &detail))?;
            for (span, counts) in routing {
                add(&mut totals, span, counts).map_err(|detail| self.damaged(&name, &detail))?;
            }
        }
        totals.sort_by_key(|(span, _)| *span);
        Ok(totals)
    }

    /// What the windows of a (model, task) took, summed.
    ///
    /// # Errors
    /// When a window's row is damaged or SQLite cannot read.
    pub fn work(&self, model: &str, task: &str) -> Result<Work, RecordError> {
        let mut total = Work::default();
        for (window, _) in self.stored_windows(model, task)? {
            let name = format!("model `{model}`, task `{task}`, window {}", window.number);
            total.add(&parse(&self.path, &name, &window.work)?);
        }
        Ok(total)
    }

    fn for_each_row<E: From<RecordError>>(
        &self,
        model: &str,
        task: &str,
        parts: Parts,
        mut visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.for_each_stored(model, task, |row, digest| {
            let name = format!("model `{model}`, task `{task}`, document {}", row.doc_id);
            if row.digest(model, task) != digest {
                return Err(self.damaged(&name, "it does not match its digest").into());
            }
            visit(self.document(row, &name, parts)?)
        })
    }

    pub(super) fn for_each_stored<E: From<RecordError>>(
        &self,
        model: &str,
        task: &str,
        mut visit: impl FnMut(StoredDocument, String) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = "SELECT doc_id, doc_hash, prompt_hash, target_hash, cluster, row_id, target, responses, scores,
                            unscored, sample, routing, digest
                     FROM documents WHERE model = ?1 AND task = ?2 ORDER BY doc_id";
        let mut statement = self.connection.prepare_cached(query).map_err(self.reading())?;
        let mut rows = statement.query([model, task]).map_err(self.reading())?;
        while let Some(row) = rows.next().map_err(self.reading())? {
            let digest = row.get(12).map_err(self.reading())?;
            visit(stored_document(row).map_err(self.reading())?, digest)?;
        }
        Ok(())
    }

    pub(super) fn stored_windows(
        &self,
        model: &str,
        task: &str,
    ) -> Result<Vec<(StoredWindow, String)>, RecordError> {
        let query = "SELECT number, first_doc, end_doc, routing, work, digest FROM windows
                     WHERE model = ?1 AND task = ?2 ORDER BY number";
        let read = || -> rusqlite::Result<Vec<(StoredWindow, String)>> {
            self.connection
                .prepare_cached(query)?
                .query_map([model, task], stored_window)?
                .collect()
        };
        read().map_err(self.reading())
    }

    fn document(
        &self,
        row: StoredDocument,
        name: &str,
        parts: Parts,
    ) -> Result<DocumentRow, RecordError> {
        let value = |text: &str| parse::<Value>(&self.path, name, text);
        let routing = match parts {
            Parts::All => {
                blob::decode(&row.routing).map_err(|detail| self.damaged(name, &detail))?
            }
            Parts::WithoutRouting => Vec::new(),
        };
        Ok(DocumentRow {
            doc_id: usize::try_from(row.doc_id).map_err(|e| self.damaged(name, &e.to_string()))?,
            target: value(&row.target)?,
            responses: value(&row.responses)?,
            scores: value(&row.scores)?,
            sample: row.sample.as_deref().map(value).transpose()?,
            state: row
                .unscored
                .map_or(DocumentState::Scored, |reason| DocumentState::Unscored { reason }),
            doc_hash: row.doc_hash,
            prompt_hash: row.prompt_hash,
            target_hash: row.target_hash,
            cluster: row.cluster,
            row_id: row.row_id,
            routing,
        })
    }

    /// The error of a row that cannot be what was written.
    pub(crate) fn damaged(&self, row: &str, detail: &str) -> RecordError {
        RecordError::DamagedRow {
            path: self.path.clone(),
            row: row.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

fn add(
    totals: &mut Vec<(Span, RoutingCounts)>,
    span: Span,
    counts: RoutingCounts,
) -> Result<(), String> {
    match totals.iter_mut().find(|(other, _)| *other == span) {
        Some((_, total)) => total.add(&counts).map_err(|error| error.to_string()),
        None => {
            totals.push((span, counts));
            Ok(())
        }
    }
}

fn stored_document(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    Ok(StoredDocument {
        doc_id: row.get(0)?,
        doc_hash: row.get(1)?,
        prompt_hash: row.get(2)?,
        target_hash: row.get(3)?,
        cluster: row.get(4)?,
        row_id: row.get(5)?,
        target: row.get(6)?,
        responses: row.get(7)?,
        scores: row.get(8)?,
        unscored: row.get(9)?,
        sample: row.get(10)?,
        routing: row.get(11)?,
    })
}

fn stored_window(row: &Row<'_>) -> rusqlite::Result<(StoredWindow, String)> {
    let window = StoredWindow {
        number: row.get(0)?,
        first_doc: row.get(1)?,
        end_doc: row.get(2)?,
        routing: row.get(3)?,
        work: row.get(4)?,
    };
    Ok((window, row.get(5)?))
}
