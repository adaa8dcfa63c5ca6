//! What became of a task.

use rusqlite::{OptionalExtension, params};

use super::open::{database, json, parse};
use super::{Record, RecordError};
use crate::estimates::TaskOutcome;

impl Record {
    /// Writes what became of a (model, task); an earlier outcome is replaced.
    ///
    /// # Errors
    /// When SQLite cannot write.
    pub fn finish_task(
        &mut self,
        model: &str,
        task: &str,
        outcome: &TaskOutcome,
    ) -> Result<(), RecordError> {
        let put = "INSERT INTO outcomes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET outcome = excluded.outcome";
        let written = self.connection.execute(put, params![model, task, json(outcome)]);
        written.map(|_| ()).map_err(database(&self.path, "write"))
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
