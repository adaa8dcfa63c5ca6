//! What became of a task.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::open::{database, json, parse};
use super::{CorpusStatistics, Record, RecordError, statistics};
use crate::estimates::TaskOutcome;

impl Record {
    /// Writes what became of a (model, task) and what documents contribute to its corpus metrics,
    /// one entry a metric that is not the mean of its documents; earlier ones are replaced.
    ///
    /// # Errors
    /// When SQLite cannot write.
    pub fn finish_task(
        &mut self,
        model: &str,
        task: &str,
        outcome: &TaskOutcome,
        statistics: &[CorpusStatistics],
    ) -> Result<(), RecordError> {
        let put = "INSERT INTO outcomes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET outcome = excluded.outcome";
        let mut write = || -> rusqlite::Result<()> {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(put, params![model, task, json(outcome)])?;
            statistics::put(&transaction, model, task, statistics)?;
            transaction.commit()
        };
        write().map_err(database(&self.path, "write"))
    }

    /// What became of a (model, task); `None` while it is unfinished.
    ///
    /// # Errors
    /// When SQLite cannot read or the row is damaged.
    pub fn outcome(&self, model: &str, task: &str) -> Result<Option<TaskOutcome>, RecordError> {
        let query = "SELECT outcome FROM outcomes WHERE model = ?1 AND task = ?2";
        let text: Option<String> = self
            .connection
            .query_row(query, [model, task], |row| row.get(0))
            .optional()
            .map_err(self.reading())?;
        let row = format!("model `{model}`, task `{task}`, outcome");
        text.map(|text| parse(&self.path, &row, &text)).transpose()
    }
}
