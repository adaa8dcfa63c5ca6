use std::collections::BTreeMap;
use std::time::Instant;

use harness_metrics::RoutingCounts;
use harness_metrics::routing::trace::TokenTrace;
use harness_reports::Record;
use harness_reports::record::{DocumentDetails, DocumentRow, Span, Window, Work};
use harness_tasks::config::Category;
use harness_tasks::{Instance, Task, TaskData};

use super::answers::PendingDocument;
use super::error::EvalError;
use super::options::EvalOptions;
use super::preparation::prompt_options;
use super::text_size::text_size;
use crate::chat::ChatTemplate;
use crate::encode::{EncodeError, EncodeOptions, Pass, TextEncoder, encode_document};
use crate::plan::{WindowLimits, WindowRule};
use crate::progress::Progress;
use crate::run::{Executor, PassAnswer, WindowOutcome};

/// One task on one model.
pub(super) struct TaskRun<'a> {
    /// The model's alias.
    pub model: &'a str,
    /// The task.
    pub task: &'a Task,
    /// Its documents.
    pub data: &'a TaskData,
    /// Runs windows.
    pub executor: &'a Executor<'a>,
    /// The model's tokenizer.
    pub encoder: &'a TextEncoder,
    /// The model's chat template, when one is applied.
    pub chat: Option<&'a ChatTemplate>,
    /// Longest sequence, in tokens.
    pub max_length: usize,
    /// The run's options.
    pub options: &'a EvalOptions,
}

impl TaskRun<'_> {
    /// Runs every window that is not in the record yet.
    ///
    /// # Errors
    /// [`EvalError`]; windows that were committed stay.
    pub(super) fn run(&self, record: &mut Record, progress: &Progress) -> Result<(), EvalError> {
        let committed = record.committed(self.model, self.task.name())?;
        let done = committed.last().map_or(0, |window| window.end_doc);
        let mut index = committed.last().map_or(0, |window| window.index + 1);
        let prompts = prompt_options(self.options, self.chat.map(|chat| chat as _));
        let mut documents = self.task.prompts(self.data, &prompts)?.skip(done);
        progress.documents_done(done);
        loop {
            let pending = self.next_window(&mut documents)?;
            if pending.is_empty() {
                return Ok(());
            }
            let window = self.run_window(index, pending, progress)?;
            record.commit(&window)?;
            progress.documents_done(window.documents.len());
            index += 1;
        }
    }

    /// Encodes documents until a window is full.
    fn next_window<'d>(
        &self,
        documents: &mut impl Iterator<Item = Result<Instance<'d>, harness_tasks::TaskError>>,
    ) -> Result<Vec<PendingDocument<'d>>, EvalError> {
        let mut rule = WindowRule::new(WindowLimits::for_budget(self.options.batch_tokens));
        let mut pending = Vec::new();
        for instance in documents {
            let document = self.encode(instance?)?;
            let is_full = rule.is_full_with(document.passes());
            pending.push(document);
            if is_full {
                break;
            }
        }
        Ok(pending)
    }

    fn encode<'d>(&self, mut instance: Instance<'d>) -> Result<PendingDocument<'d>, EvalError> {
        self.options.generation.apply(&mut instance.requests);
        let options = EncodeOptions { max_length: self.max_length };
        let encoded = match encode_document(self.encoder, &instance.requests, options) {
            Ok(encoded) => Ok(encoded),
            Err(EncodeError::Unscorable(reason)) => Err(reason),
            Err(error) => return Err(error.into()),
        };
        Ok(PendingDocument { instance, encoded })
    }

    fn run_window(
        &self,
        index: usize,
        pending: Vec<PendingDocument<'_>>,
        progress: &Progress,
    ) -> Result<Window, EvalError> {
        let begin = Instant::now();
        let mut outcome =
            self.executor.run(&passes_of(&pending), &mut |tokens| progress.tokens_done(tokens))?;
        let first_doc = pending.first().map_or(0, |document| document.instance.doc.id);
        let traces = std::mem::take(&mut outcome.traces);
        let mut window = Window {
            model: self.model.to_owned(),
            task: self.task.name().to_owned(),
            index,
            first_doc,
            end_doc: first_doc + pending.len(),
            documents: Vec::new(),
            details: details(&pending, traces),
            routing: outcome.totals.iter().map(|(span, counts)| (*span, counts.clone())).collect(),
            work: Work {
                tokens: outcome.computed_tokens as u64,
                tokens_requested: pending
                    .iter()
                    .map(|document| document.naive_tokens() as u64)
                    .sum(),
                truncated: pending.iter().filter(|document| document.truncated() > 0).count()
                    as u64,
                near_ties: outcome.near_ties,
                seconds: 0.0,
            },
        };
        window.documents = self.rows(pending, outcome)?;
        window.work.seconds = begin.elapsed().as_secs_f64();
        Ok(window)
    }

    fn rows(
        &self,
        pending: Vec<PendingDocument<'_>>,
        outcome: WindowOutcome,
    ) -> Result<Vec<DocumentRow>, EvalError> {
        let mut answers = outcome.answers.into_iter();
        let mut routing = by_document(outcome.cells, pending.len());
        let row = |(index, document): (usize, PendingDocument<'_>)| {
            let passes = document.encoded.as_ref().map_or(0, |encoded| encoded.passes().count());
            let answers: Vec<PassAnswer> = answers.by_ref().take(passes).collect();
            let routing = std::mem::take(&mut routing[index]);
            Ok(document.into_row(self.task, &answers, routing, self.options.log_samples)?)
        };
        pending.into_iter().enumerate().map(row).collect()
    }
}

fn passes_of<'p>(pending: &'p [PendingDocument<'_>]) -> Vec<(usize, &'p Pass)> {
    let encoded = |document: &'p PendingDocument<'_>| document.encoded.as_ref().ok();
    let passes = |(index, document)| {
        encoded(document)
            .into_iter()
            .flat_map(move |encoded| encoded.passes().map(move |pass| (index, pass)))
    };
    pending.iter().enumerate().flat_map(passes).collect()
}

/// What is kept of each document beside its row.
fn details(
    pending: &[PendingDocument<'_>],
    mut traces: BTreeMap<usize, TokenTrace>,
) -> Vec<DocumentDetails> {
    let details = |(index, document): (usize, &PendingDocument<'_>)| DocumentDetails {
        doc_id: document.instance.doc.id,
        text: text_size(&document.instance.requests, document.encoded.as_ref().ok()),
        trace: traces.remove(&index),
    };
    pending.iter().enumerate().map(details).collect()
}

fn by_document(
    cells: BTreeMap<crate::plan::Cell, RoutingCounts>,
    documents: usize,
) -> Vec<BTreeMap<Span, RoutingCounts>> {
    let mut found = vec![BTreeMap::new(); documents];
    for (cell, counts) in cells {
        found[cell.document].insert(cell.span, counts);
    }
    found
}

/// Probes compare documents of two languages score by score, so they keep each document's score sums.
pub(super) fn keeps_document_scores(task: &Task) -> bool {
    task.category() == Some(Category::Probe)
}
