//! Opening, writing and reading a record.

use std::path::{Path, PathBuf};

use crate::estimates::TaskOutcome;
use crate::manifest::Manifest;
use crate::record::{Committed, DocumentRow, RecordError, Window};

/// An open run record.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
}

impl Record {
    /// Creates the record in `dir`, or resumes the one that is there; takes the lock.
    pub fn open(dir: &Path, manifest: &Manifest) -> Result<Self, RecordError> {
        let _ = (dir, manifest);
        todo!()
    }

    /// Opens an existing record for reading.
    pub fn read(dir: &Path) -> Result<Self, RecordError> {
        let _ = dir;
        todo!()
    }

    /// The manifest: of all sessions of this run joined.
    pub fn manifest(&self) -> &Manifest {
        todo!()
    }

    /// `run.db`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Windows of a (model, task) that are in the record, by index.
    pub fn committed(&self, model: &str, task: &str) -> Result<Vec<Committed>, RecordError> {
        let _ = (model, task);
        todo!()
    }

    /// Writes a window in one transaction.
    pub fn commit(&mut self, window: &Window) -> Result<(), RecordError> {
        let _ = window;
        todo!()
    }

    /// Writes what became of a task, replacing an earlier outcome.
    pub fn finish_task(
        &mut self,
        model: &str,
        task: &str,
        outcome: &TaskOutcome,
    ) -> Result<(), RecordError> {
        let _ = (model, task, outcome);
        todo!()
    }

    /// What became of a task; `None` while it is unfinished.
    pub fn outcome(&self, model: &str, task: &str) -> Result<Option<TaskOutcome>, RecordError> {
        let _ = (model, task);
        todo!()
    }

    /// Calls `visit` with every document of a (model, task), in order, one at a time.
    pub fn for_each_document<E: From<RecordError>>(
        &self,
        model: &str,
        task: &str,
        visit: impl FnMut(DocumentRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let _ = (model, task, visit);
        todo!()
    }
}
