//! What is kept of a document beside its scores and counts: how much text it is, and a trace.
//!
//! A table of its own, so that records without it stay readable and reading answers does not pay
//! for it.

use std::collections::BTreeMap;
use std::io::Read;

use harness_metrics::RoutingShape;
use harness_metrics::routing::trace::TokenTrace;
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::digest::RowDigest;
use super::open::{has_table, json};
use super::{Record, RecordError, Window};

/// A trace of 16 million tokens of 48 layers, top 8, is refused as damage.
const MOST_BYTES: u64 = 12 << 30;

/// What is kept of a document beside scores and counts.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DocumentDetails {
    /// Position in the task.
    pub doc_id: usize,
    /// How much text its own prompt is.
    pub text: Option<TextSize>,
    /// With `--routing-trace`: the experts of each token of its own prompt, in order.
    pub trace: Option<TokenTrace>,
}

/// How much text a document's own prompt is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TextSize {
    /// UTF-8 bytes.
    pub bytes: u64,
    /// Unicode scalar values.
    pub characters: u64,
    /// Pieces between white space: words, where a language separates them.
    pub pieces: u64,
    /// Tokens that were fed for the document and not counted: special tokens and the chat
    /// template's.
    pub masked: u64,
}

impl TextSize {
    /// Adds another text.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.characters += other.characters;
        self.pieces += other.pieces;
        self.masked += other.masked;
    }
}

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS details (
        model TEXT NOT NULL, task TEXT NOT NULL, doc_id INTEGER NOT NULL,
        text TEXT, trace BLOB, digest TEXT NOT NULL,
        PRIMARY KEY (model, task, doc_id)
    );
";

/// Adds the table where it is missing.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

/// Writes a window's details.
pub(super) fn put(transaction: &Transaction<'_>, window: &Window) -> rusqlite::Result<()> {
    let insert = "INSERT INTO details VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for details in &window.details {
        let row = Stored {
            doc_id: details.doc_id as i64,
            text: details.text.as_ref().map(json),
            trace: details.trace.as_ref().map(encode),
        };
        let digest = row.digest(&window.model, &window.task);
        let values = params![window.model, window.task, row.doc_id, row.text, row.trace, digest];
        transaction.prepare_cached(insert)?.execute(values)?;
    }
    Ok(())
}

struct Stored {
    doc_id: i64,
    text: Option<String>,
    trace: Option<Vec<u8>>,
}

impl Stored {
    fn digest(&self, model: &str, task: &str) -> String {
        let keys = RowDigest::default().text(model).text(task).number(self.doc_id);
        let text = keys.optional(self.text.as_deref());
        match &self.trace {
            Some(trace) => text.field(&[1]).field(trace).hex(),
            None => text.field(&[0]).hex(),
        }
    }
}

impl Record {
    /// Details of the documents of a (model, task), by position; empty for records that have
    /// none.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn details(
        &self,
        model: &str,
        task: &str,
    ) -> Result<BTreeMap<usize, DocumentDetails>, RecordError> {
        let mut found = BTreeMap::new();
        for (row, matches) in self.stored_details(model, task)? {
            let (name, doc_id, text) = self.sound(model, task, &row, matches)?;
            let damaged = |detail: String| self.damaged(&name, &detail);
            let trace = row.trace.as_deref().map(decode).transpose().map_err(damaged)?;
            found.insert(doc_id, DocumentDetails { doc_id, text, trace });
        }
        Ok(found)
    }

    /// How much text the documents of a (model, task) are, by position; those are left out of which
    /// it is not known. Traces are not decoded.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn text_sizes(
        &self,
        model: &str,
        task: &str,
    ) -> Result<BTreeMap<usize, TextSize>, RecordError> {
        let mut found = BTreeMap::new();
        for (row, matches) in self.stored_details(model, task)? {
            let (_, document, text) = self.sound(model, task, &row, matches)?;
            found.extend(text.map(|text| (document, text)));
        }
        Ok(found)
    }

    /// Name, position and text of a row that matches its digest.
    fn sound(
        &self,
        model: &str,
        task: &str,
        row: &Stored,
        matches: bool,
    ) -> Result<(String, usize, Option<TextSize>), RecordError> {
        let name = name(model, task, row.doc_id);
        if !matches {
            return Err(self.damaged(&name, "it does not match its digest"));
        }
        let damaged = |detail: String| self.damaged(&name, &detail);
        let document = usize::try_from(row.doc_id).map_err(|e| damaged(e.to_string()))?;
        let text = row.text.as_deref().map(serde_json::from_str::<TextSize>);
        let text = text.transpose().map_err(|error| damaged(error.to_string()))?;
        Ok((name, document, text))
    }

    /// Positions of documents whose details do not match their digests.
    pub(super) fn damaged_details(&self, model: &str, task: &str) -> Result<Vec<i64>, RecordError> {
        let rows = self.stored_details(model, task)?;
        Ok(rows.into_iter().filter(|(_, matches)| !matches).map(|(row, _)| row.doc_id).collect())
    }

    fn stored_details(&self, model: &str, task: &str) -> Result<Vec<(Stored, bool)>, RecordError> {
        let query = "SELECT doc_id, text, trace, digest FROM details
                     WHERE model = ?1 AND task = ?2 ORDER BY doc_id";
        let read = || -> rusqlite::Result<Vec<(Stored, bool)>> {
            if !has_table(&self.connection, "details")? {
                return Ok(Vec::new());
            }
            let row = |row: &rusqlite::Row<'_>| {
                let stored = Stored { doc_id: row.get(0)?, text: row.get(1)?, trace: row.get(2)? };
                let matches = stored.digest(model, task) == row.get::<_, String>(3)?;
                Ok((stored, matches))
            };
            self.connection.prepare_cached(query)?.query_map([model, task], row)?.collect()
        };
        read().map_err(self.reading())
    }
}

fn name(model: &str, task: &str, document: i64) -> String {
    format!("details of model `{model}`, task `{task}`, document {document}")
}

/// Layers, experts and top-k as little-endian u32, then the ids as u16; compressed.
fn encode(trace: &TokenTrace) -> Vec<u8> {
    let RoutingShape { layers, experts, top_k } = trace.shape;
    let head = [layers, experts, top_k].into_iter().flat_map(|n| (n as u32).to_le_bytes());
    let ids = trace.ids.iter().flat_map(|id| id.to_le_bytes());
    let bytes: Vec<u8> = head.chain(ids).collect();
    zstd::stream::encode_all(&bytes[..], 3).expect("memory accepts every write")
}

fn decode(compressed: &[u8]) -> Result<TokenTrace, String> {
    let decoder = zstd::stream::read::Decoder::new(compressed).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    decoder.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let (head, ids) = bytes.split_at_checked(12).ok_or("the trace is cut short")?;
    let number = |at: usize| {
        let bytes = [head[at], head[at + 1], head[at + 2], head[at + 3]];
        u32::from_le_bytes(bytes) as usize
    };
    let shape = RoutingShape { layers: number(0), experts: number(4), top_k: number(8) };
    let row = shape.layers.checked_mul(shape.top_k).and_then(|ids| ids.checked_mul(2));
    let whole = row.is_some_and(|row| if row == 0 { ids.is_empty() } else { ids.len() % row == 0 });
    if !whole {
        return Err("the trace ends within a token".to_owned());
    }
    let ids = ids.chunks_exact(2).map(|id| u16::from_le_bytes([id[0], id[1]])).collect();
    Ok(TokenTrace { shape, ids })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, manifest};

    fn details(doc_id: usize) -> DocumentDetails {
        let shape = RoutingShape { layers: 2, experts: 300, top_k: 2 };
        let trace = TokenTrace { shape, ids: vec![0, 299, 7, 8, 1, 2, 3, 4] };
        let text = TextSize { bytes: 9, characters: 5, pieces: 2, masked: 1 };
        DocumentDetails { doc_id, text: Some(text), trace: Some(trace) }
    }

    #[test]
    fn details_come_back_and_go_with_their_window() {
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), &manifest()).unwrap();
        let mut window = testing::window("base", "probe_he", 0, 0, 2);
        window.details = vec![details(0), DocumentDetails { trace: None, ..details(1) }];
        record.commit(&window).unwrap();
        let found = record.details("base", "probe_he").unwrap();
        assert_eq!(found.into_values().collect::<Vec<_>>(), window.details);
        let sizes = record.text_sizes("base", "probe_he").unwrap();
        assert_eq!(sizes.values().map(|size| size.characters).collect::<Vec<_>>(), [5, 5]);
        assert!(record.details("base", "probe_en").unwrap().is_empty());
        let update = "UPDATE details SET text = '{}' WHERE doc_id = 1";
        record.connection.execute(update, []).unwrap();
        let refused = record.details("base", "probe_he").unwrap_err().to_string();
        assert!(refused.contains("document 1"), "{refused}");
        let damage = record.verify().unwrap();
        assert_eq!(damage[0].documents, [1]);
        record.remove_damage(&damage[0]).unwrap();
        assert!(record.details("base", "probe_he").unwrap().is_empty());
    }

    #[test]
    fn records_without_the_table_have_no_details() {
        let (_dir, record) = testing::filled();
        record.connection.execute("DROP TABLE details", []).unwrap();
        assert!(record.details("base", "probe_he").unwrap().is_empty());
        assert!(record.verify().unwrap().is_empty());
    }

    #[test]
    fn broken_traces_are_refused() {
        let good = encode(&details(0).trace.unwrap());
        assert!((0..good.len()).all(|cut| decode(&good[..cut]).is_err()));
        let odd = zstd::stream::encode_all(&[1_u8; 15][..], 0).unwrap();
        assert!(decode(&odd).is_err());
    }
}
