//! What became of a task, as the pipeline reports it.

use serde::{Deserialize, Serialize};

/// What became of one (model, task).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// Whether it ran.
    pub status: TaskStatus,
    /// One row a metric and filter, in the task's order.
    pub estimates: Vec<EstimateRow>,
    /// Documents in the evaluation split, before any limit.
    pub documents_available: usize,
    /// Documents that were asked.
    pub documents: usize,
    /// Documents among them that have no score.
    pub unscored: usize,
    /// Documents of which the prompt had to be cut on the left.
    pub truncated: usize,
    /// Distinct token positions that were computed.
    pub tokens: u64,
    /// Token positions that the requests hold before sharing.
    pub tokens_requested: u64,
    /// Wall-clock seconds, summed over sessions.
    pub seconds: f64,
}

/// Whether a task ran.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TaskStatus {
    /// Every document was asked.
    Finished,
    /// It failed; the others went on.
    Failed {
        /// Why.
        reason: String,
    },
}

/// One aggregated metric of a task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EstimateRow {
    /// `acc`, `exact_match`, …
    pub metric: String,
    /// Name of the filter pipeline.
    pub filter: String,
    /// The aggregate; `None` if it is unscored.
    pub value: Option<f64>,
    /// Why it is unscored.
    pub unscored: Option<String>,
    /// lm-eval's standard error; `None` where lm-eval says "N/A".
    pub stderr: Option<f64>,
    /// Documents that entered.
    pub n: usize,
    /// Direction.
    pub higher_is_better: bool,
    /// Whether the value is the plain mean of one number a document.
    pub per_document: bool,
    /// What the number means on a page.
    pub unit: Unit,
    /// sacreBLEU's signature, which says how the number was computed, where it has one.
    #[serde(default)]
    pub signature: Option<String>,
}

/// How a metric is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share in 0-1, shown on 0-100.
    #[default]
    Fraction,
    /// Already on 0-100 (BLEU, chrF, …).
    Points,
    /// Shown as it is (perplexity, bits per byte).
    Plain,
}

impl Unit {
    /// A value as it is shown: shares times 100, others unchanged.
    #[must_use]
    pub fn shown(self, value: f64) -> f64 {
        if self == Self::Fraction { value * 100.0 } else { value }
    }

    /// The largest and smallest value that the metric can take, where it is bounded.
    #[must_use]
    pub fn bounds(self) -> Option<(f64, f64)> {
        match self {
            Self::Fraction => Some((0.0, 1.0)),
            // A translation edit rate may exceed 100.
            Self::Points => Some((0.0, f64::MAX)),
            Self::Plain => None,
        }
    }
}
