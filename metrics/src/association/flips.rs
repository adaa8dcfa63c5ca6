//! Between two checkpoints: of the documents that flipped, does the change of routing say in
//! which direction?
//!
//! Only documents that one checkpoint answers right and the other wrong enter. Both read the same
//! tokens, so length, difficulty and whatever else belongs to the document alone are on both
//! sides and cancel; what is left is the change of its routing. A logistic regression of the
//! direction (1 where the document was gained) on that change, with an intercept for every task,
//! because tasks differ in how many documents they gain and in how their routing moves.

use thiserror::Error;

use super::design::{independent_rows, present, standardised, task_columns};
use super::logistic::FitError;
use super::score_test::{self, Adjusted, Question};
use crate::scores::mcnemar::Flips;
use crate::scores::{Clusters, Resampling};

/// Fewer flips than this are not asked.
pub const FEWEST: usize = 20;

/// A document that flipped.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flip {
    /// Number of its task.
    pub task: usize,
    /// Wrong before and right now; otherwise the other way round.
    pub gained: bool,
    /// Its routing now minus before.
    pub change: f64,
}

/// What the flips say.
#[derive(Clone, PartialEq, Debug)]
pub struct FlipLink {
    /// Log-odds of gained over lost with one standard deviation more change, and its test.
    pub adjusted: Adjusted,
    /// That standard deviation (among flips of a task), in the predictor's unit.
    pub sd: f64,
    /// Flips that entered.
    pub flips: Flips,
    /// Tasks that entered: those with flips in both directions.
    pub tasks: Vec<usize>,
    /// Flips of tasks where all go one way; they cannot say anything.
    pub one_way: usize,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NoFlipLink {
    /// Too few flips in tasks that have both kinds.
    #[error(
        "{found} flips in tasks with flips both ways, fewer than {FEWEST} ({one_way} in tasks where all go one way)"
    )]
    TooFew {
        /// Usable flips.
        found: usize,
        /// Flips of tasks where all go one way.
        one_way: usize,
    },
    /// All flips changed their routing alike.
    #[error("the flipped documents do not differ in how their routing changed")]
    NoVariation,
    /// The regression has no answer.
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// Asks the flips; `clusters` are theirs.
///
/// # Errors
/// When there are too few flips, or nothing varies.
pub fn link(
    flips: &[Flip],
    clusters: &Clusters,
    resampling: Resampling,
) -> Result<FlipLink, NoFlipLink> {
    let (kept, clusters) = both_ways(flips, clusters);
    let one_way = flips.len() - kept.len();
    if kept.len() < FEWEST {
        return Err(NoFlipLink::TooFew { found: kept.len(), one_way });
    }
    let tasks: Vec<usize> = kept.iter().map(|flip| flip.task).collect();
    let changes: Vec<f64> = kept.iter().map(|flip| flip.change).collect();
    let (predictor, sd) = standardised(&tasks, &changes).ok_or(NoFlipLink::NoVariation)?;
    let responses: Vec<f64> = kept.iter().map(|flip| f64::from(u8::from(flip.gained))).collect();
    let question = Question {
        predictor: &predictor,
        covariates: &independent_rows(task_columns(&tasks), kept.len()),
        responses: &responses,
        clusters: &clusters,
        strata: &tasks,
    };
    let gained = kept.iter().filter(|flip| flip.gained).count() as u64;
    Ok(FlipLink {
        adjusted: score_test::ask(&question, resampling)?,
        sd,
        flips: Flips { gained, lost: kept.len() as u64 - gained },
        tasks: present(&tasks),
        one_way,
    })
}

/// Flips of tasks that have both kinds.
fn both_ways(flips: &[Flip], clusters: &Clusters) -> (Vec<Flip>, Clusters) {
    let has =
        |task: usize, gained: bool| flips.iter().any(|f| f.task == task && f.gained == gained);
    let keep: Vec<bool> =
        flips.iter().map(|flip| has(flip.task, true) && has(flip.task, false)).collect();
    let kept = flips.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(flip, _)| *flip);
    (kept.collect(), clusters.subset(&keep))
}
