//! What documents contribute to the metrics of a whole corpus.
//!
//! BLEU or F1 of a task is no mean of its documents, so that a document's row cannot say what it
//! is worth. A table of its own holds, for each such metric, a row of numbers a document and the
//! formula over their sums. It is made when a task is finished, and made again by the next eval
//! where a record lacks it.

use harness_metrics::scores::SufficientStatistics;
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::digest::RowDigest;
use super::open::{has_table, json, parse};
use super::{Record, RecordError};
use crate::manifest::MetricName;

/// A metric of a task that is not the plain mean of its documents' scores.
#[derive(Clone, PartialEq, Debug)]
pub struct CorpusStatistics {
    /// The metric.
    pub metric: MetricName,
    /// What its documents contribute; `None` for one that no sums make up (a median).
    pub contributions: Option<DocumentContributions>,
}

/// What documents contribute to a metric.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DocumentContributions {
    /// Position in the task of the document of each row.
    pub documents: Vec<usize>,
    /// The rows and the formula over their sums.
    pub statistics: SufficientStatistics,
}

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS statistics (
        model TEXT NOT NULL, task TEXT NOT NULL, metric TEXT NOT NULL, filter TEXT NOT NULL,
        contributions TEXT NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (model, task, metric, filter)
    );
";

/// Adds the table where it is missing.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

/// Puts a task's statistics in the place of earlier ones.
pub(super) fn put(
    transaction: &Transaction<'_>,
    model: &str,
    task: &str,
    statistics: &[CorpusStatistics],
) -> rusqlite::Result<()> {
    remove(transaction, model, task)?;
    for one in statistics {
        let row = Stored { metric: one.metric.clone(), contributions: json(&one.contributions) };
        let digest = row.digest(model, task);
        let MetricName { metric, filter } = &row.metric;
        let values = params![model, task, metric, filter, row.contributions, digest];
        let insert = "INSERT INTO statistics VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        transaction.prepare_cached(insert)?.execute(values)?;
    }
    Ok(())
}

/// Takes a task's statistics out.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    model: &str,
    task: &str,
) -> rusqlite::Result<()> {
    let delete = "DELETE FROM statistics WHERE model = ?1 AND task = ?2";
    transaction.execute(delete, [model, task]).map(|_| ())
}

struct Stored {
    metric: MetricName,
    contributions: String,
}

impl Stored {
    fn digest(&self, model: &str, task: &str) -> String {
        let keys = RowDigest::default().text(model).text(task).text(&self.metric.metric);
        keys.text(&self.metric.filter).text(&self.contributions).hex()
    }
}

impl Record {
    /// Statistics of a (model, task)'s corpus metrics; none in records made before they were kept.
    ///
    /// # Errors
    /// The first damaged row, by name.
    pub fn corpus_statistics(
        &self,
        model: &str,
        task: &str,
    ) -> Result<Vec<CorpusStatistics>, RecordError> {
        let decoded = |(row, matches): (Stored, bool)| {
            let MetricName { metric, filter } = &row.metric;
            let name = format!("statistics of model `{model}`, task `{task}`, {metric},{filter}");
            if !matches {
                return Err(self.damaged(&name, "it does not match its digest"));
            }
            let contributions: Option<DocumentContributions> =
                parse(&self.path, &name, &row.contributions)?;
            let fits = |c: &DocumentContributions| c.documents.len() == c.statistics.rows.len();
            if !contributions.as_ref().is_none_or(fits) {
                return Err(self.damaged(&name, "rows and documents differ in number"));
            }
            Ok(CorpusStatistics { metric: row.metric, contributions })
        };
        self.stored_statistics(model, task)?.into_iter().map(decoded).collect()
    }

    /// Whether statistics of a (model, task) do not match their digests.
    pub(super) fn has_damaged_statistics(
        &self,
        model: &str,
        task: &str,
    ) -> Result<bool, RecordError> {
        Ok(self.stored_statistics(model, task)?.iter().any(|(_, matches)| !matches))
    }

    fn stored_statistics(
        &self,
        model: &str,
        task: &str,
    ) -> Result<Vec<(Stored, bool)>, RecordError> {
        let query = "SELECT metric, filter, contributions, digest FROM statistics
                     WHERE model = ?1 AND task = ?2 ORDER BY metric, filter";
        let read = || -> rusqlite::Result<Vec<(Stored, bool)>> {
            if !has_table(&self.connection, "statistics")? {
                return Ok(Vec::new());
            }
            let row = |row: &rusqlite::Row<'_>| {
                let metric = MetricName { metric: row.get(0)?, filter: row.get(1)? };
                let stored = Stored { metric, contributions: row.get(2)? };
                let matches = stored.digest(model, task) == row.get::<_, String>(3)?;
                Ok((stored, matches))
            };
            self.connection.prepare_cached(query)?.query_map([model, task], row)?.collect()
        };
        read().map_err(self.reading())
    }
}

#[cfg(test)]
mod tests {
    use harness_metrics::scores::Formula;

    use super::*;
    use crate::testing::{self, manifest};

    fn ter(rows: Vec<Vec<f64>>) -> CorpusStatistics {
        let statistics = SufficientStatistics { formula: Formula::Ter, classes: Vec::new(), rows };
        let documents = (0..statistics.rows.len()).collect();
        let metric = MetricName { metric: "ter".to_owned(), filter: "none".to_owned() };
        CorpusStatistics {
            metric,
            contributions: Some(DocumentContributions { documents, statistics }),
        }
    }

    fn record_with(statistics: &[CorpusStatistics]) -> (tempfile::TempDir, Record) {
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), &manifest()).unwrap();
        record.commit(&testing::window("base", "heb_snli", 0, 0, 2)).unwrap();
        let outcome = testing::outcome("base", "heb_snli", 2);
        record.finish_task("base", "heb_snli", &outcome, statistics).unwrap();
        (dir, record)
    }

    #[test]
    fn statistics_come_back_and_are_replaced() {
        let median = MetricName { metric: "median".to_owned(), filter: "none".to_owned() };
        let none = CorpusStatistics { metric: median, contributions: None };
        let first = [none, ter(vec![vec![1.0, 4.0], vec![0.1, 3.0]])];
        let (_dir, mut record) = record_with(&first);
        assert_eq!(record.corpus_statistics("base", "heb_snli").unwrap(), first);
        assert!(record.corpus_statistics("cpt", "heb_snli").unwrap().is_empty());
        let second = [ter(vec![vec![2.0, 4.0], vec![1.0, 3.0]])];
        let outcome = testing::outcome("base", "heb_snli", 2);
        record.finish_task("base", "heb_snli", &outcome, &second).unwrap();
        assert_eq!(record.corpus_statistics("base", "heb_snli").unwrap(), second);
    }

    #[test]
    fn damage_is_found_and_taken_out_alone() {
        let (_dir, mut record) = record_with(&[ter(vec![vec![1.0, 4.0], vec![0.0, 3.0]])]);
        record.connection.execute("UPDATE statistics SET contributions = 'null'", []).unwrap();
        let refused = record.corpus_statistics("base", "heb_snli").unwrap_err().to_string();
        assert!(refused.contains("ter,none"), "{refused}");
        let damage = record.verify().unwrap();
        assert_eq!((damage.len(), damage[0].window), (1, None));
        record.remove_damage(&damage[0]).unwrap();
        assert!(record.corpus_statistics("base", "heb_snli").unwrap().is_empty());
        assert!(record.outcome("base", "heb_snli").unwrap().is_some(), "the rest stays");
    }

    #[test]
    fn records_without_the_table_have_none() {
        let (_dir, record) = testing::filled();
        record.connection.execute("DROP TABLE statistics", []).unwrap();
        assert!(record.corpus_statistics("base", "heb_snli").unwrap().is_empty());
        assert!(record.verify().unwrap().is_empty());
    }
}
