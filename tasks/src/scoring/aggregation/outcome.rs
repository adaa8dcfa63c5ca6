//! A benchmark's number.

use harness_metrics::scores::SufficientStatistics;
use serde::{Deserialize, Serialize};

use super::super::metrics::Scale;

/// One metric of one filter over all documents.
///
/// `value` times 100 is what leaderboards print where `scale` is
/// [`Scale::Fraction`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aggregate {
    /// The metric's name.
    pub metric: String,
    /// The filter pipeline's name.
    pub filter: String,
    /// The number, or why there is none.
    pub value: Result<f64, String>,
    /// lm-evaluation-harness's standard error; `None` is its "N/A".
    pub stderr: Option<f64>,
    /// Documents that the number is of.
    pub n: usize,
    /// Documents left out because they are unscored.
    pub unscored: usize,
    /// The most frequent reason why documents are unscored.
    pub unscored_reason: Option<String>,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// What the number ranges over.
    pub scale: Scale,
    /// Whether it is the plain mean of the documents' own numbers.
    pub per_document: bool,
    /// sacreBLEU's signature, where it computed the number.
    pub signature: Option<String>,
    /// What each document contributes, where the number follows from sums over documents and is
    /// not their plain mean.
    #[serde(skip)]
    pub contributions: Option<Contributions>,
}

/// What documents contribute to a metric of the whole corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// Rows of numbers and the formula over their sums.
    pub statistics: SufficientStatistics,
    /// Where the document of each row stood among the documents given.
    pub documents: Vec<usize>,
}

impl Aggregate {
    /// lm-evaluation-harness's key in `results`: `acc,none`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{},{}", self.metric, self.filter)
    }

    /// The key of its standard error: `acc_stderr,none`.
    #[must_use]
    pub fn stderr_key(&self) -> String {
        format!("{}_stderr,{}", self.metric, self.filter)
    }
}

/// How documents are aggregated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateOptions {
    /// Replicates of a bootstrap standard error; 0 computes none.
    pub bootstrap_iterations: usize,
}

impl Default for AggregateOptions {
    /// 100,000 replicates, as lm-evaluation-harness.
    fn default() -> Self {
        Self { bootstrap_iterations: 100_000 }
    }
}
