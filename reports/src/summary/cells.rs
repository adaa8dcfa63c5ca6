//! What became of one (model, task).

use harness_metrics::Interval;
use harness_metrics::scores::Resampling;
use sha2::{Digest, Sha256};

use super::chance::{ChanceBuilder, Standing};
use crate::estimates::{EstimateRow, TaskOutcome, TaskScores, TaskStatus, interval};
use crate::manifest::{MetricName, TaskManifest};
use crate::record::{CorpusStatistics, DocumentRow, DocumentState, Work};

/// How a record made before statistics of corpus metrics were kept comes to have them.
pub(crate) const RECOVER: &str = "the same `harness eval` adds it without running a model";

/// One (model, task).
#[derive(Clone, Debug)]
pub struct Cell {
    /// Whether there are scores, and if not, why.
    pub state: CellState,
    /// Scores, in the task's order; empty unless `state` is [`CellState::Scored`].
    pub scores: Vec<Scored>,
    /// Documents in the record.
    pub documents: usize,
    /// Documents in the evaluation split before any limit; 0 while unknown.
    pub documents_available: usize,
    /// Documents that have no score, by reason, most frequent first.
    pub unscored: Vec<(String, usize)>,
    /// SHA-256 over the documents' hashes, as lm-eval's `task_hashes`.
    pub task_hash: String,
    /// SHA-256 over the prompts' hashes: equal where two models or runs were asked the same.
    pub prompts_hash: String,
    /// Scores of each document, under the metrics that comparisons and averages use.
    pub(crate) kept: TaskScores,
    /// Metrics of the whole corpus of which the record does not say what documents contribute.
    pub without_statistics: Vec<MetricName>,
    /// The share of right answers that guessing gets, where it is known.
    pub chance: Option<f64>,
    /// What the windows took.
    pub work: Work,
}

/// Whether a (model, task) has scores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CellState {
    /// All documents were asked.
    Scored,
    /// There are no data; the text says how to get them.
    Missing(String),
    /// It failed; the text says why.
    Failed(String),
    /// The run stopped before the end of the task.
    Unfinished,
}

/// A score with its interval.
#[derive(Clone, PartialEq, Debug)]
pub struct Scored {
    /// The aggregate.
    pub row: EstimateRow,
    /// Its interval.
    pub interval: Option<Interval>,
}

impl Scored {
    /// Metric and filter.
    #[must_use]
    pub fn name(&self) -> MetricName {
        MetricName { metric: self.row.metric.clone(), filter: self.row.filter.clone() }
    }
}

impl Cell {
    /// The score that tables show: the task's headline metric, else its first.
    #[must_use]
    pub fn headline(&self, task: &TaskManifest) -> Option<&Scored> {
        let named = task.headline.as_ref().and_then(|name| self.score(name));
        named.or_else(|| self.scores.first())
    }

    /// Where the headline score stands beside what guessing gets, with that; `None` where either is
    /// unknown.
    #[must_use]
    pub fn standing(&self, task: &TaskManifest) -> Option<(Standing, f64)> {
        let chance = self.chance?;
        Some((Standing::of(self.headline(task)?, chance)?, chance))
    }

    /// The score of that name.
    #[must_use]
    pub fn score(&self, name: &MetricName) -> Option<&Scored> {
        self.scores.iter().find(|s| s.row.metric == name.metric && s.row.filter == name.filter)
    }

    /// Documents without a score.
    #[must_use]
    pub fn unscored_documents(&self) -> usize {
        self.unscored.iter().map(|(_, count)| count).sum()
    }
}

/// The digest of a text that many times over.
fn repeated(text: &str, times: usize) -> Sha256 {
    let mut hash = Sha256::new();
    (0..times).for_each(|_| hash.update(text.as_bytes()));
    hash
}

/// Collects the documents of a (model, task).
#[derive(Default)]
pub(super) struct CellBuilder {
    scores: TaskScores,
    documents: usize,
    unscored: Vec<(String, usize)>,
    /// The hashes of each document, one after another.
    hashes: String,
    /// Filters of the task: lm-eval hashes its samples, of which each filter has one a document.
    filters: usize,
    prompts: Sha256,
    chance: ChanceBuilder,
}

impl CellBuilder {
    pub(super) fn add(&mut self, document: &DocumentRow) {
        self.documents += 1;
        self.scores.add(document);
        self.chance.add(document);
        for hash in [&document.doc_hash, &document.prompt_hash, &document.target_hash] {
            self.hashes.push_str(hash);
        }
        self.filters = self.filters.max(document.scores.as_array().map_or(0, Vec::len));
        self.prompts.update(document.prompt_hash.as_bytes());
        if let DocumentState::Unscored { reason } = &document.state {
            match self.unscored.iter_mut().find(|(other, _)| other == reason) {
                Some((_, count)) => *count += 1,
                None => self.unscored.push((reason.clone(), 1)),
            }
        }
    }

    pub(super) fn finish(
        mut self,
        task: &TaskManifest,
        outcome: Option<TaskOutcome>,
        work: Work,
        averaged: &[MetricName],
        resampling: Resampling,
        statistics: Vec<CorpusStatistics>,
    ) -> Cell {
        self.scores.join(statistics);
        self.unscored.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let state = state(task, outcome.as_ref());
        let rows = outcome.iter().filter(|_| state == CellState::Scored).flat_map(|o| &o.estimates);
        let scored = |row: &EstimateRow| Scored {
            row: row.clone(),
            interval: interval(row, &self.scores, resampling),
        };
        let scores: Vec<Scored> = rows.map(scored).collect();
        let mut cell = Cell {
            scores,
            state,
            documents: self.documents,
            documents_available: outcome.map_or(0, |outcome| outcome.documents_available),
            unscored: self.unscored,
            task_hash: hex(repeated(&self.hashes, self.filters.max(1))),
            prompts_hash: hex(self.prompts),
            without_statistics: self.scores.without_statistics(),
            kept: self.scores,
            chance: self.chance.finish(task),
            work,
        };
        let headline = cell.headline(task).map(Scored::name);
        cell.kept
            .by_metric
            .retain(|metric, _| Some(metric) == headline.as_ref() || averaged.contains(metric));
        cell
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn state(task: &TaskManifest, outcome: Option<&TaskOutcome>) -> CellState {
    match (&task.missing, outcome.map(|outcome| &outcome.status)) {
        (Some(missing), _) => CellState::Missing(missing.clone()),
        (None, Some(TaskStatus::Finished)) => CellState::Scored,
        (None, Some(TaskStatus::Failed { reason })) => CellState::Failed(reason.clone()),
        (None, None) => CellState::Unfinished,
    }
}
