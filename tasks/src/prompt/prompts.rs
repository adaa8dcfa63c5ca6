//! All documents of a task, in order.

use super::context::Builder;
use super::instance::{Instance, prompt_hash, target_hash};
use super::options::PromptOptions;
use super::sampling::Shots;
use crate::doc::Doc;
use crate::task::{Task, TaskData, TaskError};

impl Task {
    /// The documents with their requests, in order.
    ///
    /// Shots are drawn from one random stream, document after document: take
    /// the iterator from its start, also to resume, for equal prompts.
    ///
    /// # Errors
    /// [`TaskError::NoDocuments`] if the limit leaves none;
    /// [`TaskError::Document`] if the pool has a document without an answer.
    pub fn prompts<'a>(
        &'a self,
        data: &'a TaskData,
        options: &'a PromptOptions<'a>,
    ) -> Result<Prompts<'a>, TaskError> {
        let wanted = options.limit.unwrap_or(usize::MAX);
        let docs = &data.docs[..data.docs.len().min(wanted)];
        if docs.is_empty() {
            let reason = if wanted == 0 { "the limit is 0" } else { "the split is empty" };
            let (task, reason) = (self.name().to_owned(), reason.to_owned());
            return Err(TaskError::NoDocuments { task, reason });
        }
        let shots = Shots::new(self, data, self.shots(options.num_fewshot), options.seed)?;
        Ok(Prompts { builder: Builder { task: self, options }, shots, docs: docs.iter() })
    }
}

/// The documents of a task with their requests; see [`Task::prompts`].
pub struct Prompts<'a> {
    builder: Builder<'a>,
    shots: Shots<'a>,
    docs: std::slice::Iter<'a, Doc>,
}

impl<'a> Prompts<'a> {
    fn instance(&mut self, doc: &'a Doc) -> Result<Instance<'a>, TaskError> {
        let task = self.builder.task;
        let shots = self.shots.draw(doc)?;
        let requests = self.builder.requests(doc, &shots)?;
        let target = task.target(doc)?;
        Ok(Instance {
            doc,
            cluster: task.cluster(doc)?,
            row_id: task.row_of(doc)?,
            doc_hash: doc.hash(),
            prompt_hash: prompt_hash(&requests),
            target_hash: target_hash(&target),
            target,
            requests,
        })
    }
}

impl<'a> Iterator for Prompts<'a> {
    type Item = Result<Instance<'a>, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let doc = self.docs.next()?;
        Some(self.instance(doc))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.docs.size_hint()
    }
}

impl ExactSizeIterator for Prompts<'_> {}
