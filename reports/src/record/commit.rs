//! Adding a window.

use harness_metrics::RoutingShape;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::digest::RowDigest;
use super::open::{database, json};
use super::{Committed, DocumentRow, DocumentState, Record, RecordError, Window, blob, details};

impl Record {
    /// Adds a window, wholly or not at all: its documents, their routing and its totals go in
    /// one transaction, which is on the disk when this returns.
    ///
    /// # Errors
    /// [`RecordError::Window`] when the window contradicts itself or the record (unknown model or
    /// task, documents out of its range, counts that do not add up, already committed), and
    /// [`RecordError::Database`] when SQLite cannot write (disk full); the record is unchanged.
    pub fn commit(&mut self, window: &Window) -> Result<(), RecordError> {
        self.check(window).map_err(|detail| refused(window, detail))?;
        write(&mut self.connection, window).map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => {
                refused(window, "the record holds it, or one of its documents, already".to_owned())
            }
            _ => database(&self.path, "write")(source),
        })
    }

    /// Windows of a (model, task) that are in the record, by number.
    ///
    /// # Errors
    /// When SQLite cannot read.
    pub fn committed(&self, model: &str, task: &str) -> Result<Vec<Committed>, RecordError> {
        let query = "SELECT number, first_doc, end_doc FROM windows WHERE model = ?1 AND task = ?2 ORDER BY number";
        let read = || -> rusqlite::Result<Vec<Committed>> {
            let mut statement = self.connection.prepare_cached(query)?;
            let window = |row: &rusqlite::Row<'_>| {
                Ok(Committed {
                    index: unsigned(row, 0)?,
                    first_doc: unsigned(row, 1)?,
                    end_doc: unsigned(row, 2)?,
                })
            };
            statement.query_map([model, task], window)?.collect()
        };
        read().map_err(self.reading())
    }

    fn check(&self, window: &Window) -> Result<(), String> {
        let model = self.manifest().models.get(&window.model);
        let model = model.ok_or("the manifest does not name this model")?;
        let task = self.manifest().tasks.get(&window.task);
        task.ok_or("the manifest does not name this task")?;
        check_documents(window)?;
        let router = model.router.as_ref();
        let shape = router.map(|r| RoutingShape {
            layers: r.moe_layers.len(),
            experts: r.experts,
            top_k: r.top_k,
        });
        check_routing(window, shape)
    }
}

fn check_documents(window: &Window) -> Result<(), String> {
    let ids = window.documents.iter().map(|document| document.doc_id);
    if ids.eq(window.first_doc..window.end_doc) && !window.documents.is_empty() {
        return Ok(());
    }
    let (first, end) = (window.first_doc, window.end_doc);
    Err(format!("its documents are not the positions {first}..{end} in order"))
}

fn check_routing(window: &Window, shape: Option<RoutingShape>) -> Result<(), String> {
    let documents = window.documents.iter().flat_map(|document| &document.routing);
    for (span, counts) in documents.chain(&window.routing) {
        counts.check().map_err(|error| format!("routing of span {}: {error}", span.name()))?;
        if Some(counts.shape) != shape {
            return Err(format!(
                "routing of span {}: the manifest's routers have another shape",
                span.name()
            ));
        }
    }
    Ok(())
}

fn write(connection: &mut Connection, window: &Window) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let digests =
        window.documents.iter().map(|document| put_document(&transaction, window, document));
    let digests = digests.collect::<rusqlite::Result<Vec<_>>>()?;
    put_window(&transaction, window, &digests)?;
    details::put(&transaction, window)?;
    transaction.commit()
}

fn put_document(
    transaction: &Transaction<'_>,
    window: &Window,
    document: &DocumentRow,
) -> rusqlite::Result<String> {
    let row = StoredDocument::from(document);
    let digest = row.digest(&window.model, &window.task);
    let insert = "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let values = params![
        window.model,
        window.task,
        row.doc_id,
        row.doc_hash,
        row.prompt_hash,
        row.target_hash,
        row.cluster,
        row.row_id,
        row.target,
        row.responses,
        row.scores,
        row.unscored,
        row.sample,
        row.routing,
        digest
    ];
    transaction.prepare_cached(insert)?.execute(values)?;
    Ok(digest)
}

fn put_window(
    transaction: &Transaction<'_>,
    window: &Window,
    digests: &[String],
) -> rusqlite::Result<()> {
    let row = StoredWindow {
        number: window.index as i64,
        first_doc: window.first_doc as i64,
        end_doc: window.end_doc as i64,
        routing: blob::encode(&window.routing),
        work: json(&window.work),
    };
    let digest = row.digest(&window.model, &window.task, digests);
    let (model, task) = (&window.model, &window.task);
    let values =
        params![model, task, row.number, row.first_doc, row.end_doc, row.routing, row.work, digest];
    let insert = "INSERT INTO windows VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

fn refused(window: &Window, detail: String) -> RecordError {
    let (model, task) = (window.model.clone(), window.task.clone());
    RecordError::Window { model, task, index: window.index, detail }
}

fn unsigned(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let number: i64 = row.get(column)?;
    usize::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A document as the table holds it; digests are over exactly these columns.
pub(super) struct StoredDocument {
    pub(super) doc_id: i64,
    pub(super) doc_hash: String,
    pub(super) prompt_hash: String,
    pub(super) target_hash: String,
    pub(super) cluster: String,
    pub(super) row_id: Option<String>,
    pub(super) target: String,
    pub(super) responses: String,
    pub(super) scores: String,
    pub(super) unscored: Option<String>,
    pub(super) sample: Option<String>,
    pub(super) routing: Vec<u8>,
}

impl StoredDocument {
    fn from(document: &DocumentRow) -> Self {
        let unscored = match &document.state {
            DocumentState::Scored => None,
            DocumentState::Unscored { reason } => Some(reason.clone()),
        };
        Self {
            doc_id: document.doc_id as i64,
            doc_hash: document.doc_hash.clone(),
            prompt_hash: document.prompt_hash.clone(),
            target_hash: document.target_hash.clone(),
            cluster: document.cluster.clone(),
            row_id: document.row_id.clone(),
            target: json(&document.target),
            responses: json(&document.responses),
            scores: json(&document.scores),
            unscored,
            sample: document.sample.as_ref().map(json),
            routing: blob::encode(&document.routing),
        }
    }

    /// Digest of the row, which also names where it belongs.
    pub(super) fn digest(&self, model: &str, task: &str) -> String {
        let keys = RowDigest::default().text(model).text(task).number(self.doc_id);
        let hashes = keys.text(&self.doc_hash).text(&self.prompt_hash).text(&self.target_hash);
        let pairing = hashes.text(&self.cluster).optional(self.row_id.as_deref());
        let answers = pairing.text(&self.target).text(&self.responses).text(&self.scores);
        let state = answers.optional(self.unscored.as_deref()).optional(self.sample.as_deref());
        state.field(&self.routing).hex()
    }
}

/// A window as the table holds it.
pub(super) struct StoredWindow {
    pub(super) number: i64,
    pub(super) first_doc: i64,
    pub(super) end_doc: i64,
    pub(super) routing: Vec<u8>,
    pub(super) work: String,
}

impl StoredWindow {
    /// Digest of the row and of its documents' digests, so that a lost document is noticed.
    pub(super) fn digest(&self, model: &str, task: &str, documents: &[String]) -> String {
        let keys = RowDigest::default().text(model).text(task).number(self.number);
        let range =
            keys.number(self.first_doc).number(self.end_doc).field(&self.routing).text(&self.work);
        documents.iter().fold(range, |digest, document| digest.text(document)).hex()
    }
}
