//! Looking for damage, row by row.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{Connection, TransactionBehavior, params};

use super::open::database;
use super::{Record, RecordError, statistics};

/// A window, or a task's statistics, whose rows do not match their digests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Alias of the model.
    pub model: String,
    /// Name of the task.
    pub task: String,
    /// Number of the window; `None` for the statistics of the task's corpus metrics, which follow
    /// from its documents.
    pub window: Option<usize>,
    /// Documents in it that do not match their own digest; empty when the window's totals are
    /// damaged or a document is gone.
    pub documents: Vec<usize>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "model `{}`, task `{}`, ", self.model, self.task)?;
        match (self.window, &self.documents[..]) {
            (None, _) => f.write_str("statistics of corpus metrics"),
            (Some(window), []) => {
                write!(f, "window {window}: its totals are damaged or a document is gone")
            }
            (Some(window), documents) => {
                write!(f, "window {window}: damaged documents {documents:?}")
            }
        }
    }
}

/// Documents of a (model, task): position, digest, whether the row matches it.
type Digests = BTreeMap<i64, (String, bool)>;

impl Record {
    /// Every window with a damaged row, in the order of models, tasks and windows.
    ///
    /// # Errors
    /// When SQLite cannot read at all.
    pub fn verify(&self) -> Result<Vec<Damage>, RecordError> {
        let mut damages = Vec::new();
        for model in self.manifest().models.keys() {
            for task in self.manifest().tasks.keys() {
                self.verify_task(model, task, &mut damages)?;
            }
        }
        Ok(damages)
    }

    /// Takes a damaged window and those after it out, with their documents and the task's
    /// outcome: what stays is a beginning of the task, which the next run continues. Damaged
    /// statistics are taken out alone; the next run makes them from the documents.
    ///
    /// # Errors
    /// When SQLite cannot write; the record is unchanged.
    pub fn remove_damage(&mut self, damage: &Damage) -> Result<(), RecordError> {
        let removed = remove(&mut self.connection, damage);
        removed.map_err(database(&self.path, "repair"))
    }

    fn verify_task(
        &self,
        model: &str,
        task: &str,
        damages: &mut Vec<Damage>,
    ) -> Result<(), RecordError> {
        let mut digests = Digests::new();
        self.for_each_stored(model, task, |row, digest| {
            let matches = row.digest(model, task) == digest;
            digests.insert(row.doc_id, (digest, matches));
            Ok::<(), RecordError>(())
        })?;
        for document in self.damaged_details(model, task)? {
            if let Some((_, matches)) = digests.get_mut(&document) {
                *matches = false;
            }
        }
        for (window, digest) in self.stored_windows(model, task)? {
            let within: Vec<_> = digests.range(window.first_doc..window.end_doc).collect();
            let hashes: Vec<String> = within.iter().map(|(_, (hash, _))| hash.clone()).collect();
            let bad = within.iter().filter(|(_, (_, matches))| !matches);
            let documents: Vec<usize> = bad.map(|(id, _)| **id as usize).collect();
            if !documents.is_empty() || window.digest(model, task, &hashes) != digest {
                let (model, task) = (model.to_owned(), task.to_owned());
                let window = Some(window.number as usize);
                damages.push(Damage { model, task, window, documents });
            }
        }
        if self.has_damaged_statistics(model, task)? {
            let (model, task) = (model.to_owned(), task.to_owned());
            damages.push(Damage { model, task, window: None, documents: Vec::new() });
        }
        Ok(())
    }
}

fn remove(connection: &mut Connection, damage: &Damage) -> rusqlite::Result<()> {
    let (model, task) = (&damage.model, &damage.task);
    let documents = "DELETE FROM documents WHERE model = ?1 AND task = ?2 AND doc_id >= (
        SELECT first_doc FROM windows WHERE model = ?1 AND task = ?2 AND number = ?3)";
    let details = documents.replace("DELETE FROM documents", "DELETE FROM details");
    let windows = "DELETE FROM windows WHERE model = ?1 AND task = ?2 AND number >= ?3";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    statistics::remove(&transaction, model, task)?;
    let Some(window) = damage.window else { return transaction.commit() };
    let key = params![model, task, window as i64];
    transaction.execute(&details, key)?;
    transaction.execute(documents, key)?;
    transaction.execute(windows, key)?;
    transaction.execute("DELETE FROM outcomes WHERE model = ?1 AND task = ?2", [model, task])?;
    transaction.commit()
}
