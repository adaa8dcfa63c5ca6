//! Two models on the same documents.
//!
//! A [`Comparison`] sets a model against a baseline, task by task. Documents are paired by content,
//! so that what is easy or hard about a document cancels; clusters of documents stay together. Each
//! [`Difference`] carries its interval, the p-value of a test that fits the metric, what could have
//! been found at all, and a [`Verdict`] that says "the same" only where that was shown.
//!
//! Which models are set against which follows from `parent` and `compare_to` of harness.toml
//! ([`along_lineage`]), or is chosen ([`compare`], also over two runs).

mod averages;
mod build;
mod comparable;
mod difference;
mod edges;
mod flips;
mod pairing;
#[cfg(test)]
mod tests;
mod unevenness;

use harness_metrics::Interval;
use harness_metrics::scores::Resampling;

use crate::estimates::Unit;
use crate::manifest::MetricName;

pub use averages::{AverageDifference, MeanDifference};
pub use build::{Side, along_lineage, compare};
pub use comparable::{differing_prompts, differing_settings};
pub use edges::Relation;
pub(crate) use edges::edges;
pub use flips::{FlippedDocument, flipped_documents};
pub(crate) use pairing::{PairedDocument, PairedDocuments, pair};
pub use unevenness::{Shape, Unevenness};

/// How models are compared.
#[derive(Clone, PartialEq, Debug)]
pub struct CompareOptions {
    /// Resampling of intervals.
    pub resampling: Resampling,
    /// Arrangements of a permutation test, where not all can be tried.
    pub permutations: usize,
    /// Two scores are the same when their difference is shown to be smaller: points on 0-100.
    pub margin_points: f64,
    /// The same for metrics that are no shares or points (perplexity, bits per byte): share of the
    /// baseline's value.
    pub margin_share: f64,
    /// Level at which adjusted p-values are read.
    pub alpha: f64,
}

impl Default for CompareOptions {
    /// 95 % intervals of 2,000 replicates, 10,000 permutations, margins of 2 points and 1 %.
    fn default() -> Self {
        Self {
            resampling: Resampling::default(),
            permutations: 10_000,
            margin_points: 2.0,
            margin_share: 0.01,
            alpha: 0.05,
        }
    }
}

/// A model against a baseline.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The newer model.
    pub model: String,
    /// What it is compared with.
    pub baseline: String,
    /// Why these two.
    pub relation: Relation,
    /// Task by task, in the manifest's order.
    pub tasks: Vec<TaskDifference>,
    /// Averages of groups, by the groups' own rules.
    pub averages: Vec<AverageDifference>,
    /// Averages by category of task.
    pub categories: Vec<AverageDifference>,
    /// Whether the model gains evenly or redistributes.
    pub unevenness: Unevenness,
}

/// One task under its headline metric.
#[derive(Clone, Debug)]
pub struct TaskDifference {
    /// Name of the task.
    pub task: String,
    /// knowledge, reasoning, …
    pub category: Option<String>,
    /// A routing probe: shown, but no part of averages and of unevenness.
    pub probe: bool,
    /// The metric; empty while neither model has a score.
    pub metric: MetricName,
    /// How it is shown.
    pub unit: Unit,
    /// Direction.
    pub higher_is_better: bool,
    /// The difference, or why there is none.
    pub outcome: Result<Difference, NoDifference>,
}

/// Why two scores are not compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoDifference {
    /// One of them has no score, or there are no common documents; the text says which and why.
    Absent(String),
    /// They answer different questions: the fields of task, data or settings that differ.
    Incomparable(Vec<String>),
}

impl NoDifference {
    /// In words.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Absent(reason) => reason.clone(),
            Self::Incomparable(fields) => format!("not comparable: {}", fields.join("; ")),
        }
    }

    /// `absent` or `incomparable`, for files.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Incomparable(_) => "incomparable",
        }
    }
}

/// new − old of one metric, in the metric's own unit.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The baseline's score on the common documents.
    pub old: f64,
    /// The model's.
    pub new: f64,
    /// Standard error, clustered.
    pub stderr: Option<f64>,
    /// 95 % interval of new − old.
    pub interval: Option<Interval>,
    /// 90 % interval, from which sameness is read.
    pub interval_90: Option<Interval>,
    /// Documents that both have a score for.
    pub n: usize,
    /// Clusters of them.
    pub clusters: usize,
    /// Scored documents that only the baseline and only the model has.
    pub dropped: (usize, usize),
    /// Common documents of which the prompts differ, as they do between chat templates.
    pub prompts_differ: usize,
    /// Right and wrong that changed; `None` for other metrics.
    pub flips: Option<Flipped>,
    /// The test of `p`.
    pub test: Test,
    /// Two-sided p-value.
    pub p: f64,
    /// `p` adjusted for all tasks of the table (Holm).
    pub p_holm: f64,
    /// The smallest true difference that the test finds in four of five cases; `None` where the
    /// models answer every document alike.
    pub detectable: Option<f64>,
    /// Below this the scores count as the same.
    pub margin: f64,
    /// What follows.
    pub verdict: Verdict,
}

impl Difference {
    /// new − old.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.new - self.old
    }
}

/// Right and wrong answers that changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flipped {
    /// Wrong before, right now.
    pub gained: u64,
    /// Right before, wrong now.
    pub lost: u64,
    /// Exact McNemar test: conservative.
    pub exact_p: f64,
    /// Its mid-p version: nearer to its level. Neither knows clusters.
    pub mid_p: f64,
}

/// A test of a paired difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// McNemar's, mid-p: right and wrong of independent documents.
    McNemar,
    /// Signs of clusters' differences flipped: means.
    SignFlip,
    /// Models exchanged on clusters: perplexities and corpus metrics.
    Exchange,
    /// Value over standard error: averages of tasks.
    Normal,
}

impl Test {
    /// For tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::McNemar => "McNemar mid-p",
            Self::SignFlip => "sign flips",
            Self::Exchange => "exchange",
            Self::Normal => "normal",
        }
    }
}

/// What a difference shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The model scores better, also after adjustment.
    Better,
    /// The model scores worse, also after adjustment.
    Worse,
    /// The difference is shown to lie within the margin.
    Same,
    /// Neither.
    Undecided,
}

impl Verdict {
    /// For tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Same => "the same",
            Self::Undecided => "undecided",
        }
    }

    /// `gain` is new − old turned so that more is better.
    fn of(gain: f64, p_holm: f64, is_same: bool, alpha: f64) -> Self {
        match (p_holm <= alpha, is_same) {
            (true, _) if gain > 0.0 => Self::Better,
            (true, _) if gain < 0.0 => Self::Worse,
            (_, true) => Self::Same,
            _ => Self::Undecided,
        }
    }
}
