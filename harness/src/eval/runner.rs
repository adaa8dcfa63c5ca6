use std::collections::HashSet;
use std::path::Path;

use harness_models::{ComputeDevice, LoadOptions, load};
use harness_reports::{EstimateRow, Record, TaskOutcome};
use serde_json::Value;

use super::checkpoint::PreparedModel;
use super::error::EvalError;
use super::finish::finish_task;
use super::memory;
use super::options::EvalOptions;
use super::preparation::{Preparation, PreparedTask};
use super::task_run::{TaskRun, keeps_document_scores};
use crate::encode::TextEncoder;
use crate::progress::Progress;
use crate::run::{Budget, Executor, HELD_SUMS, Interrupt};

/// What became of a run, beside what its record holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Tasks that had no data.
    pub missing: usize,
    /// (model, task) pairs with more unscored documents than allowed.
    pub too_many_unscored: usize,
}

/// Runs every task of every model into `record`. A model whose tasks are all complete is not loaded.
///
/// # Errors
/// [`EvalError`]; what was committed before stays, and the same call goes on from there.
pub fn evaluate(
    options: &EvalOptions,
    models: &[PreparedModel],
    preparation: &Preparation,
    record: &mut Record,
    interrupt: &Interrupt,
    progress: &Progress,
) -> Result<Evaluation, EvalError> {
    let mut evaluation =
        Evaluation { missing: preparation.missing().count(), too_many_unscored: 0 };
    for model in models {
        let run = ModelRun { options, model, interrupt, progress };
        evaluation.too_many_unscored += run.run(&preparation.tasks, record)?;
    }
    Ok(evaluation)
}

struct ModelRun<'a> {
    options: &'a EvalOptions,
    model: &'a PreparedModel,
    interrupt: &'a Interrupt,
    progress: &'a Progress,
}

impl ModelRun<'_> {
    /// Returns how many tasks have too many unscored documents.
    fn run(&self, tasks: &[PreparedTask], record: &mut Record) -> Result<usize, EvalError> {
        let alias = self.model.alias.as_str();
        let mut pending = Vec::new();
        let mut failing = 0;
        for prepared in tasks.iter().filter(|prepared| prepared.data.is_ok()) {
            match self.outcome(prepared, record)? {
                Some(outcome) => {
                    failing += usize::from(self.is_failing(outcome.unscored, outcome.documents));
                }
                None => pending.push(prepared),
            }
        }
        if pending.is_empty() {
            self.progress.note(&format!("{alias}: every task is in the record"));
            return Ok(failing);
        }
        let EvalOptions { dtype, device, batch_tokens, .. } = *self.options;
        memory::check(alias, &self.model.checkpoint.architecture, dtype, device, batch_tokens)?;
        let folder = self.model.folder.display();
        self.progress.note(&match device {
            ComputeDevice::Cpu => format!("{alias}: loading {folder}"),
            device => format!("{alias}: loading {folder} on {device}"),
        });
        let network = load(&self.model.folder, &LoadOptions { dtype, device })?;
        let budget = Budget::new(batch_tokens);
        for prepared in pending {
            failing += usize::from(self.run_task(network.as_ref(), &budget, prepared, record)?);
        }
        Ok(failing)
    }

    /// What became of a finished task. One with a metric that could not be had is aggregated again: what was
    /// missing then, a dictionary for Japanese, may be installed now. So is one of a record made before statistics of
    /// corpus metrics were kept.
    fn outcome(
        &self,
        prepared: &PreparedTask,
        record: &mut Record,
    ) -> Result<Option<TaskOutcome>, EvalError> {
        let (alias, task) = (self.model.alias.as_str(), &prepared.task);
        let outcome = record.outcome(alias, task.name())?;
        let known = record.corpus_statistics(alias, task.name())?;
        let is_known = |row: &EstimateRow| {
            known.iter().any(|k| k.metric.metric == row.metric && k.metric.filter == row.filter)
        };
        let lacks_one =
            |row: &EstimateRow| row.value.is_none() || !(row.per_document || is_known(row));
        let lacks = |outcome: &TaskOutcome| outcome.estimates.iter().any(lacks_one);
        match (&outcome, &prepared.data) {
            (Some(found), Ok(data)) if lacks(found) => {
                finish_task(record, alias, task, data).map(Some)
            }
            _ => Ok(outcome),
        }
    }

    fn run_task(
        &self,
        network: &dyn harness_models::Model,
        budget: &Budget,
        prepared: &PreparedTask,
        record: &mut Record,
    ) -> Result<bool, EvalError> {
        let Ok(data) = &prepared.data else { return Ok(false) };
        let encoder = &self.model.encoder;
        let executor = Executor {
            model: network,
            encoder,
            ends: end_tokens(&self.model.folder, encoder),
            budget,
            routing: self.options.routing,
            trace: self.options.routing_trace,
            keep_cell_scores: keeps_document_scores(&prepared.task),
            held_sums: HELD_SUMS,
            interrupt: self.interrupt,
        };
        let run = TaskRun {
            model: &self.model.alias,
            task: &prepared.task,
            data,
            executor: &executor,
            encoder,
            chat: self.model.chat.as_ref(),
            max_length: self.model.max_length(self.options.max_length),
            options: self.options,
        };
        let total = data.docs.len().min(self.options.limit.unwrap_or(usize::MAX));
        self.progress.begin_task(&self.model.alias, prepared.task.name(), total);
        run.run(record, self.progress)?;
        let outcome = finish_task(record, &self.model.alias, &prepared.task, data)?;
        self.progress.end_task();
        Ok(self.is_failing(outcome.unscored, outcome.documents))
    }

    fn is_failing(&self, unscored: usize, documents: usize) -> bool {
        unscored as f64 > self.options.fail_on_error * documents as f64
    }
}

/// `model.generate` also ends at any `eos_token_id` of generation_config.json, one or a list.
fn end_tokens(folder: &Path, encoder: &TextEncoder) -> HashSet<u32> {
    let config = std::fs::read(folder.join("generation_config.json")).unwrap_or_default();
    let config: Value = serde_json::from_slice(&config).unwrap_or_default();
    let listed = match &config["eos_token_id"] {
        Value::Array(ids) => ids.clone(),
        id => vec![id.clone()],
    };
    let listed = listed.iter().filter_map(|id| u32::try_from(id.as_u64()?).ok());
    listed.chain(encoder.eos().map(|(id, _)| id)).collect()
}
