//! The link between routing and scores, at every level at which the record has data.
//!
//! The headline is [`FlipRow`]: between two checkpoints, over the documents that flipped. Then
//! [`WithinRow`], over the documents of one checkpoint; [`ChangeRow`], over tasks on the edges of
//! the lineage; [`CheckpointRow`], over checkpoints; and [`Trajectory`], over a training run.
//!
//! The predictor of a document is fixed in advance ([`Predictor::PRIMARY`]); others are
//! exploratory and their p-values are not adjusted. Adjusted ones are by Holm's method, over
//! edges and over models.

mod across;
mod changes;
mod documents;
mod flips;
#[cfg(test)]
mod tests;
mod within;

use harness_metrics::association::checkpoints::CheckpointLink;
use harness_metrics::association::deltas::DeltaLink;
use harness_metrics::association::documents::DocumentLink;
use harness_metrics::association::flips::FlipLink;
use harness_metrics::scores::{Resampling, holm};

pub(super) use documents::{LinkBuilder, TaskDocuments};

use super::Summary;

/// What the routing of a document looks like, in bits, mean over the last eighth of the layers.
/// None of them grows with the length of the document by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Predictor {
    /// Usage entropy of a fixed number of its tokens.
    RarefiedEntropy,
    /// How rarely two of its tokens meet in an expert.
    CollisionEntropy,
    /// How unusual its experts are in the task.
    CrossEntropy,
}

impl Predictor {
    /// The one that is asked first and adjusted for.
    pub const PRIMARY: Self = Self::RarefiedEntropy;
    /// Every one, the primary first.
    pub const ALL: [Self; 3] = [Self::RarefiedEntropy, Self::CollisionEntropy, Self::CrossEntropy];

    /// Name for readers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RarefiedEntropy => "rarefied entropy",
            Self::CollisionEntropy => "collision entropy",
            Self::CrossEntropy => "cross-entropy to the task",
        }
    }

    fn place(self) -> usize {
        Self::ALL.iter().position(|other| *other == self).expect("ALL holds every predictor")
    }
}

/// Documents that flipped between two checkpoints.
#[derive(Clone, PartialEq, Debug)]
pub struct FlipRow {
    /// Alias of the checkpoint before.
    pub from: String,
    /// Alias of the checkpoint after.
    pub to: String,
    /// What changed.
    pub predictor: Predictor,
    /// The answer, or why there is none.
    pub link: Result<FlipLink, String>,
    /// p adjusted over edges; for the primary predictor only.
    pub p_holm: Option<f64>,
}

/// Documents of one checkpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct WithinRow {
    /// Alias of the checkpoint.
    pub model: String,
    /// What is looked at.
    pub predictor: Predictor,
    /// The answer, or why there is none.
    pub link: Result<DocumentLink, String>,
    /// Documents with a score that have too few tokens for the predictor.
    pub too_short: usize,
    /// p adjusted over models; for the primary predictor only.
    pub p_holm: Option<f64>,
}

/// Tasks on the edges of the lineage: change of routing beside change of score.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeRow {
    /// (parent, child) of each edge.
    pub edges: Vec<(String, String)>,
    /// Names of the tasks.
    pub tasks: Vec<String>,
    /// The changes; routing in bits (usage entropy of the last eighth of the layers), scores in
    /// points.
    pub deltas: Vec<harness_metrics::association::deltas::Delta>,
    /// The answer; `None` where there are too few.
    pub link: Option<DeltaLink>,
}

/// A routing measure of a checkpoint, of the first language of a probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoutingMeasure {
    /// Mean usage entropy over layers, bits.
    Entropy,
    /// Mean Gini coefficient over layers.
    Gini,
    /// Share of (layer, expert) pairs that serve both languages alike, per cent.
    SharedFraction,
    /// Collapse index, bits.
    Collapse,
}

impl RoutingMeasure {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Entropy, Self::Gini, Self::SharedFraction, Self::Collapse];

    /// Name for readers, with its unit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Entropy => "usage entropy (bits)",
            Self::Gini => "Gini",
            Self::SharedFraction => "shared experts (%)",
            Self::Collapse => "collapse index (bits)",
        }
    }
}

/// A routing measure beside a score, over checkpoints.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckpointRow {
    /// Languages of the probe, the one that is measured first.
    pub languages: (String, String),
    /// The measure.
    pub measure: RoutingMeasure,
    /// Name of the task, or of the group where `is_average`.
    pub score: String,
    /// Whether `score` names a group, whose average is meant.
    pub is_average: bool,
    /// (alias, measure, score) of each checkpoint; scores on 0-100.
    pub points: Vec<(String, f64, f64)>,
    /// The answer; `None` below three points or without variation.
    pub link: Option<CheckpointLink>,
}

/// Checkpoints that come one from another: one trajectory, whatever their number.
#[derive(Clone, PartialEq, Debug)]
pub struct Trajectory {
    /// Aliases in order, three or more.
    pub models: Vec<String>,
    /// Mean usage entropy, bits, of the probe's first language in each, where known.
    pub routing: Vec<Option<f64>>,
    /// Average of the first group, on 0-100, of each, where known.
    pub scores: Vec<Option<f64>>,
}

impl Trajectory {
    /// (change of routing, change of score) from each checkpoint to the next.
    #[must_use]
    pub fn first_differences(&self) -> Vec<(Option<f64>, Option<f64>)> {
        let steps = |values: &[Option<f64>]| -> Vec<Option<f64>> {
            values.windows(2).map(|pair| Some(pair[1]? - pair[0]?)).collect()
        };
        steps(&self.routing).into_iter().zip(steps(&self.scores)).collect()
    }
}

/// Every level of the link.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Link {
    /// Between checkpoints, over documents that flipped: the headline.
    pub flips: Vec<FlipRow>,
    /// Within checkpoints, over documents.
    pub within: Vec<WithinRow>,
    /// Over tasks on edges of the lineage.
    pub changes: Option<ChangeRow>,
    /// Over checkpoints.
    pub checkpoints: Vec<CheckpointRow>,
    /// Over training runs.
    pub trajectories: Vec<Trajectory>,
}

/// Replicates of a permutation test.
const DRAWS: usize = 10_000;
/// Replicates for exploratory predictors.
const EXPLORATORY_DRAWS: usize = 2_000;

pub(super) fn draw(summary: &Summary) -> Link {
    let resampling = |predictor: Predictor| Resampling {
        draws: if predictor == Predictor::PRIMARY { DRAWS } else { EXPLORATORY_DRAWS },
        ..summary.resampling
    };
    Link {
        flips: flips::rows(summary, resampling),
        within: within::rows(summary, resampling),
        changes: changes::row(summary),
        checkpoints: across::rows(summary),
        trajectories: changes::trajectories(summary),
    }
}

/// (before, after) pairs of checkpoints: those that are compared.
fn edges(summary: &Summary) -> Vec<(String, String)> {
    let edge =
        |comparison: &super::Comparison| (comparison.baseline.clone(), comparison.model.clone());
    summary.comparisons().iter().map(edge).collect()
}

/// Adjusts the p-values of those that have one.
fn adjusted<T>(rows: &mut [T], p: impl Fn(&T) -> Option<f64>, set: impl Fn(&mut T, f64)) {
    let known: Vec<(usize, f64)> =
        rows.iter().enumerate().filter_map(|(place, row)| Some((place, p(row)?))).collect();
    let p_values: Vec<f64> = known.iter().map(|(_, p)| *p).collect();
    for ((place, _), p) in known.iter().zip(holm::adjust(&p_values)) {
        set(&mut rows[*place], p);
    }
}
