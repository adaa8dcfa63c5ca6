//! A task's documents.

use super::Task;
use crate::config::FunctionName;
use crate::data::{DataError, Locate, Split, read_split};
use crate::doc::{Doc, Origin};
use crate::functions;
use crate::python::repr::to_str;

/// What a task reads: the documents that are asked, and those that may be
/// shots.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskData {
    /// The documents of the evaluation split, after `process_docs`.
    pub docs: Vec<Doc>,
    /// The documents that shots come from; empty without shots.
    pub pool: Vec<Doc>,
    /// SHA-256 over the bytes of the source files.
    pub digest: String,
    /// The source files.
    pub sources: Vec<String>,
}

impl Task {
    /// Reads the documents, and the pool if the task has shots.
    ///
    /// # Errors
    /// [`DataError::Missing`] if nobody has the dataset, which other tasks
    /// need not mind; every other error is about data that are there and
    /// broken.
    pub fn load(&self, source: &dyn Locate) -> Result<TaskData, DataError> {
        self.load_with(source, None)
    }

    /// As [`Task::load`], for a run whose user asks for `num_fewshot` shots.
    ///
    /// # Errors
    /// As [`Task::load`].
    pub fn load_with(
        &self,
        source: &dyn Locate,
        num_fewshot: Option<usize>,
    ) -> Result<TaskData, DataError> {
        let split = self.config.eval_split().unwrap_or_default();
        let eval = read_split(source, &self.config.dataset, split)?;
        let shots = if self.shots(num_fewshot) > 0 { self.pool_split() } else { None };
        let pool = match shots {
            Some(shots) if shots == split => Some(eval.clone()),
            Some(shots) => Some(read_split(source, &self.config.dataset, shots)?),
            None => None,
        };
        let splits = || std::iter::once(&eval).chain(&pool);
        let digest = Split::digest(splits())?;
        let sources =
            Split::sources(splits()).iter().map(|path| path.display().to_string()).collect();
        let docs = self.process(eval.docs, self.config.process_docs.as_ref(), split)?;
        let pool = self.pool(pool.map(|split| split.docs), shots, num_fewshot)?;
        self.check_columns(&docs)?;
        Ok(TaskData { docs, pool, digest, sources })
    }

    /// The split that shots come from; `None` if they are fixed.
    fn pool_split(&self) -> Option<&str> {
        let config = &self.config;
        if config.shot_split().is_none() && config.fewshot_config.samples.is_some() {
            return None;
        }
        config
            .shot_split()
            .or(config.training_split.as_deref())
            .or(config.validation_split.as_deref())
            .or(config.test_split.as_deref())
    }

    fn pool(
        &self,
        docs: Option<Vec<Doc>>,
        split: Option<&str>,
        num_fewshot: Option<usize>,
    ) -> Result<Vec<Doc>, DataError> {
        let config = &self.config;
        if let (Some(docs), Some(split)) = (docs, split) {
            let process =
                config.fewshot_config.process_docs.as_ref().or(config.process_docs.as_ref());
            return self.process(docs, process, split);
        }
        let samples = config.fewshot_config.samples.iter().flatten();
        let fixed = self.shots(num_fewshot) > 0;
        Ok(samples
            .filter(|_| fixed)
            .cloned()
            .enumerate()
            .map(|(id, fields)| Doc::new(id, fields))
            .collect())
    }

    fn process(
        &self,
        docs: Vec<Doc>,
        function: Option<&FunctionName>,
        split: &str,
    ) -> Result<Vec<Doc>, DataError> {
        let Some(FunctionName(name)) = function else { return Ok(docs) };
        let fail = |reason: String| DataError::Process { function: name.clone(), reason };
        let process = functions::docs(name)
            .ok_or_else(|| fail(functions::explain(name, functions::Kind::Docs)))?;
        let mut docs = process(docs).map_err(|error| fail(error.to_string()))?;
        for (id, doc) in docs.iter_mut().enumerate() {
            doc.id = id;
        }
        if docs.is_empty() {
            let (dataset, split) = (self.config.dataset.to_string(), split.to_owned());
            return Err(DataError::Empty { dataset, split, after: " after process_docs" });
        }
        Ok(docs)
    }

    /// Every document's cluster: those with equal values belong together.
    ///
    /// # Errors
    /// [`super::TaskError::Document`] if the expression cannot be computed.
    pub fn cluster(&self, doc: &Doc) -> Result<String, super::TaskError> {
        match &self.config.metadata.cluster {
            Some(source) => self.plain("metadata.cluster", source, doc),
            None => Ok(doc.id.to_string()),
        }
    }

    /// The value that pairs the document with rows of parallel text.
    ///
    /// # Errors
    /// [`super::TaskError::Document`] if the column is missing.
    pub fn row_of(&self, doc: &Doc) -> Result<Option<String>, super::TaskError> {
        let Some(column) = &self.config.metadata.row_id else { return Ok(None) };
        let value = doc.get(column).filter(|value| !value.is_null());
        value.map(to_str).map(Some).ok_or_else(|| {
            self.wrong(doc, format!("column `{column}` is missing, which metadata.row_id names"))
        })
    }
}

/// A column that a row must have.
pub(super) fn missing(doc: &Doc, column: &str, user: &str) -> DataError {
    DataError::Column {
        at: Origin::clone(&doc.origin),
        column: column.to_owned(),
        user: user.to_owned(),
        columns: doc.fields.keys().cloned().collect(),
    }
}
