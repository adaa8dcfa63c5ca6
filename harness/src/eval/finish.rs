use harness_reports::manifest::MetricName;
use harness_reports::record::{
    CorpusStatistics, DocumentContributions, DocumentState, RecordError,
};
use harness_reports::{EstimateRow, Record, TaskOutcome, TaskStatus, Unit};
use harness_tasks::scoring::metrics::Scale;
use harness_tasks::{Aggregate, Score, Task, TaskData};

use super::error::EvalError;

/// Aggregates a task from its committed documents, as lm-eval does, and notes what became of it.
///
/// # Errors
/// When the record cannot be read or written.
pub(super) fn finish_task(
    record: &mut Record,
    model: &str,
    task: &Task,
    data: &TaskData,
) -> Result<TaskOutcome, EvalError> {
    let (mut scores, mut positions, mut unscored) = (Vec::new(), Vec::new(), 0);
    record.for_each_document(model, task.name(), |row| -> Result<(), RecordError> {
        if row.state == DocumentState::Scored {
            scores.push(decode(&row.scores));
            positions.push(row.doc_id);
        } else {
            unscored += 1;
        }
        Ok(())
    })?;
    let scored: Vec<&[Score]> = scores.iter().map(Vec::as_slice).collect();
    let aggregates = task.aggregate(&scored);
    let statistics: Vec<CorpusStatistics> =
        aggregates.iter().filter_map(|aggregate| statistics(aggregate, &positions)).collect();
    let totals = record.work(model, task.name())?;
    let outcome = TaskOutcome {
        status: TaskStatus::Finished,
        estimates: aggregates.into_iter().map(estimate).collect(),
        documents_available: data.docs.len(),
        documents: scores.len() + unscored,
        unscored,
        truncated: usize::try_from(totals.truncated).unwrap_or(usize::MAX),
        tokens: totals.tokens,
        tokens_requested: totals.tokens_requested,
        seconds: totals.seconds,
    };
    record.finish_task(model, task.name(), &outcome, &statistics)?;
    Ok(outcome)
}

/// Scores were written by this program in this scoring version; anything else would be a damaged row, which the
/// record's digests exclude.
fn decode(scores: &serde_json::Value) -> Vec<Score> {
    serde_json::from_value(scores.clone()).unwrap_or_default()
}

/// What documents contribute to a metric of the whole corpus; `positions` are the places in the task of the documents
/// that were aggregated.
fn statistics(aggregate: &Aggregate, positions: &[usize]) -> Option<CorpusStatistics> {
    if aggregate.per_document || aggregate.value.is_err() {
        return None;
    }
    let contributions = aggregate.contributions.as_ref().map(|found| DocumentContributions {
        documents: found.documents.iter().map(|&place| positions[place]).collect(),
        statistics: found.statistics.clone(),
    });
    let metric = MetricName { metric: aggregate.metric.clone(), filter: aggregate.filter.clone() };
    Some(CorpusStatistics { metric, contributions })
}

fn estimate(aggregate: Aggregate) -> EstimateRow {
    let (value, unscored) = match aggregate.value {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    };
    EstimateRow {
        metric: aggregate.metric,
        filter: aggregate.filter,
        value,
        unscored,
        stderr: aggregate.stderr,
        n: aggregate.n,
        signature: aggregate.signature,
        higher_is_better: aggregate.higher_is_better,
        per_document: aggregate.per_document,
        unit: match aggregate.scale {
            Scale::Fraction => Unit::Fraction,
            Scale::Percent => Unit::Points,
            Scale::Unbounded => Unit::Plain,
        },
    }
}
