//! Joining records that were made apart: a checkpoint a job, or a task a job.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::open::{database, has_table};
use super::{Record, RecordError, difference};
use crate::manifest::Manifest;

/// Every table whose rows belong to a (model, task).
const TABLES: [&str; 5] = ["windows", "documents", "details", "statistics", "outcomes"];

/// The manifest of several records together.
///
/// The budget of tokens may differ, because no number depends on it: the first record's stands.
///
/// # Errors
/// [`RecordError::Merge`] with every field in which two records contradict each other or documents
/// that two records answered differently; and the first damage of a record.
pub fn joint_manifest(records: &[Record]) -> Result<Manifest, RecordError> {
    let mut joint = Manifest::default();
    for (place, record) in records.iter().enumerate() {
        whole(record)?;
        records[..place].iter().try_for_each(|earlier| agree(earlier, record))?;
        let mut manifest = record.manifest().clone();
        if place == 0 {
            joint = manifest;
            continue;
        }
        manifest.run.batch_tokens = joint.run.batch_tokens;
        joint = difference::join(&joint, &manifest).map_err(|differences| {
            let lines: Vec<String> = differences
                .iter()
                .map(|d| format!("  {}: {} and {}", d.field, d.old, d.new))
                .collect();
            let detail = format!("it was run otherwise than those before:\n{}", lines.join("\n"));
            refused(record, detail)
        })?;
    }
    Ok(joint)
}

fn refused(record: &Record, detail: String) -> RecordError {
    RecordError::Merge { path: record.path().to_owned(), detail }
}

fn whole(record: &Record) -> Result<(), RecordError> {
    match record.verify()?.first() {
        None => Ok(()),
        Some(damage) => Err(record.damaged(&damage.to_string(), "it does not match its digests")),
    }
}

/// Whether one of the two records of every (model, task) begins with the other.
fn agree(earlier: &Record, record: &Record) -> Result<(), RecordError> {
    for (model, task) in cells(record.manifest()) {
        let (one, other) = (earlier.digests(model, task)?, record.digests(model, task)?);
        if !one.starts_with(&other) && !other.starts_with(&one) {
            let path = earlier.path().display();
            return Err(refused(
                record,
                format!("model `{model}`, task `{task}` was answered otherwise in {path}"),
            ));
        }
    }
    Ok(())
}

fn cells(manifest: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    let tasks = || manifest.tasks.keys().map(String::as_str);
    manifest.models.keys().flat_map(move |model| tasks().map(move |task| (model.as_str(), task)))
}

impl Record {
    /// Takes over what this record lacks of another, wholly or not at all; returns how many (model,
    /// task) pairs. Both must have passed [`joint_manifest`], whose manifest this record has.
    ///
    /// # Errors
    /// When SQLite cannot read the one or write the other; this record is unchanged.
    pub fn absorb(&mut self, other: &Self) -> Result<usize, RecordError> {
        let mut wanted = Vec::new();
        for (model, task) in cells(other.manifest()) {
            let (own, theirs) = (self.digests(model, task)?, other.digests(model, task)?);
            let lacks_outcome =
                self.outcome(model, task)?.is_none() && other.outcome(model, task)?.is_some();
            if theirs.len() > own.len() || (theirs.len() == own.len() && lacks_outcome) {
                wanted.push((model, task));
            }
        }
        let copied = copy(&mut self.connection, other, &wanted);
        copied.map_err(database(&self.path, "write")).map(|()| wanted.len())
    }

    /// Digests of the documents of a (model, task), in order.
    fn digests(&self, model: &str, task: &str) -> Result<Vec<String>, RecordError> {
        let query = "SELECT digest FROM documents WHERE model = ?1 AND task = ?2 ORDER BY doc_id";
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare_cached(query)?;
            statement.query_map([model, task], |row| row.get(0))?.collect()
        };
        read().map_err(self.reading())
    }
}

fn copy(
    connection: &mut Connection,
    other: &Record,
    cells: &[(&str, &str)],
) -> rusqlite::Result<()> {
    if cells.is_empty() {
        return Ok(());
    }
    let path = other.path().to_string_lossy();
    connection.execute("ATTACH DATABASE ?1 AS other", [&*path])?;
    let copied = copy_attached(connection, other, cells);
    connection.execute("DETACH DATABASE other", [])?;
    copied
}

fn copy_attached(
    connection: &mut Connection,
    other: &Record,
    cells: &[(&str, &str)],
) -> rusqlite::Result<()> {
    // Immediate would lock the other record, too, which is only read.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    for table in TABLES {
        if has_table(&other.connection, table)? {
            cells.iter().try_for_each(|cell| copy_rows(&transaction, table, *cell))?;
        }
    }
    transaction.commit()
}

/// Rows of a (model, task), in the place of those that are there.
fn copy_rows(
    transaction: &Transaction<'_>,
    table: &str,
    (model, task): (&str, &str),
) -> rusqlite::Result<()> {
    let of = "WHERE model = ?1 AND task = ?2";
    transaction.execute(&format!("DELETE FROM main.{table} {of}"), params![model, task])?;
    let insert = format!("INSERT INTO main.{table} SELECT * FROM other.{table} {of}");
    transaction.execute(&insert, params![model, task])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{manifest, outcome, window};

    /// A record of one model with so many documents of `heb_snli`.
    fn part(model: &str, documents: usize) -> (tempfile::TempDir, Record) {
        let mut manifest = manifest();
        manifest.models.retain(|alias, _| alias == model);
        manifest.run.batch_tokens += documents;
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), &manifest).unwrap();
        record.commit(&window(model, "heb_snli", 0, 0, 2)).unwrap();
        if documents > 2 {
            record.commit(&window(model, "heb_snli", 1, 2, documents - 2)).unwrap();
            let outcome = outcome(model, "heb_snli", documents);
            record.finish_task(model, "heb_snli", &outcome, &[]).unwrap();
        }
        drop(record);
        let record = Record::read(dir.path()).unwrap();
        (dir, record)
    }

    fn merged(parts: &[Record]) -> Result<(tempfile::TempDir, Record), RecordError> {
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), &joint_manifest(parts)?)?;
        for part in parts {
            record.absorb(part)?;
        }
        Ok((dir, record))
    }

    #[test]
    fn models_of_two_records_stand_in_one() {
        let (one, two) = (part("base", 4), part("cpt", 4));
        let (_dir, record) = merged(&[one.1, two.1]).unwrap();
        assert!(record.manifest().models.keys().eq(["base", "cpt"]));
        for model in ["base", "cpt"] {
            assert_eq!(record.digests(model, "heb_snli").unwrap().len(), 4);
            assert_eq!(record.outcome(model, "heb_snli").unwrap().unwrap().documents, 4);
        }
        assert!(record.verify().unwrap().is_empty());
    }

    #[test]
    fn the_longer_of_two_beginnings_is_taken() {
        for swapped in [false, true] {
            let (short, long) = (part("base", 2), part("base", 5));
            let parts = if swapped { [long.1, short.1] } else { [short.1, long.1] };
            let (_dir, mut record) = merged(&parts).unwrap();
            assert_eq!(record.digests("base", "heb_snli").unwrap().len(), 5);
            assert!(record.outcome("base", "heb_snli").unwrap().is_some());
            assert_eq!(record.absorb(&parts[0]).unwrap(), 0, "nothing is taken twice");
        }
    }

    #[test]
    fn contradictions_are_refused_by_name() {
        let (one, two) = (part("base", 4), tempfile::tempdir().unwrap());
        let mut other = manifest();
        other.run.dtype = "bf16".to_owned();
        drop(Record::open(two.path(), &other).unwrap());
        let error = merged(&[one.1, Record::read(two.path()).unwrap()]).unwrap_err().to_string();
        assert!(error.contains("run.dtype: f32 and bf16"), "{error}");
        let three = tempfile::tempdir().unwrap();
        let mut record = Record::open(three.path(), &manifest()).unwrap();
        let mut changed = window("base", "heb_snli", 0, 0, 2);
        changed.documents[1].target = "other".into();
        record.commit(&changed).unwrap();
        drop(record);
        let one = part("base", 4);
        let error = merged(&[one.1, Record::read(three.path()).unwrap()]).unwrap_err().to_string();
        assert!(error.contains("`base`, task `heb_snli` was answered otherwise"), "{error}");
    }
}
