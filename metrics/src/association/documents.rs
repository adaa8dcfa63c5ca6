//! Within one checkpoint: does a document's routing say whether it is answered right?
//!
//! Long documents look broad and may be hard, so length is in the model: the logarithm of the
//! tokens, its square and a slope of its own for every task. So are the task, the number of
//! answer options and the tokens per character, where they vary. The predictor must be one that
//! length does not inflate by itself (see [`crate::routing::document`]). Its p-value exchanges
//! documents of one task and a similar length; how much it helps is the area under the ROC curve
//! of right and wrong within tasks, cross-validated, above that of the covariates alone.

use thiserror::Error;

use super::concordance;
use super::design::{centred, independent_rows, present, standardised, task_columns};
use super::logistic::{self, FitError};
use super::score_test::{self, Adjusted, Question};
use crate::Estimate;
use crate::random::SplitMix64;
use crate::scores::{Clusters, Resampling};

/// Fewer documents than this are not asked.
pub const FEWEST: usize = 40;
/// A task enters when its scores, and what they lack to all right, sum to at least this much.
pub const FEWEST_OF_A_KIND: f64 = 5.0;
/// Documents of a task are exchanged within this many classes of length at most.
const LENGTH_CLASSES: usize = 5;
/// A class of length holds at least about this many documents.
const CLASS_SIZE: usize = 15;
const FOLDS: usize = 5;

/// One document.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Document {
    /// Number of its task.
    pub task: usize,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Tokens that were routed.
    pub tokens: u64,
    /// Answer options; 0 where there are none.
    pub options: usize,
    /// Tokens per character, where known.
    pub tokens_per_character: Option<f64>,
    /// What its routing looks like.
    pub predictor: f64,
}

/// What the documents say.
#[derive(Clone, PartialEq, Debug)]
pub struct DocumentLink {
    /// The predictor's coefficient and test; one unit is one standard deviation among documents
    /// of a task.
    pub adjusted: Adjusted,
    /// That standard deviation, in the predictor's unit.
    pub sd: f64,
    /// Documents that entered.
    pub n: usize,
    /// Tasks that entered: those with at least [`FEWEST_OF_A_KIND`] right and as many wrong.
    pub tasks: Vec<usize>,
    /// Whether tokens per character were known of every document, and so are held equal.
    pub holds_tokens_per_character: bool,
    /// Cross-validated area under the curve with the covariates alone, over documents of tasks
    /// scored right or wrong.
    pub area_without: Option<f64>,
    /// What the predictor adds to it.
    pub area_gain: Option<Estimate>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NoLink {
    /// Too few documents.
    #[error("{found} usable documents, fewer than {FEWEST}")]
    TooFew {
        /// Usable documents.
        found: usize,
    },
    /// The predictor is the same for every document of a task.
    #[error("the documents of a task do not differ in their routing")]
    NoVariation,
    /// The regression has no answer.
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// Asks the documents; `clusters` are theirs. Tasks with hardly a right or hardly a wrong document
/// are left out: they say nothing, and their effects have no finite estimate.
///
/// # Errors
/// When there are too few documents, or nothing varies.
pub fn link(
    documents: &[Document],
    clusters: &Clusters,
    resampling: Resampling,
) -> Result<DocumentLink, NoLink> {
    let (documents, clusters) = varying(documents, clusters);
    let n = documents.len();
    if n < FEWEST || clusters.len() < FOLDS {
        return Err(NoLink::TooFew { found: n });
    }
    let tasks: Vec<usize> = documents.iter().map(|document| document.task).collect();
    let values: Vec<f64> = documents.iter().map(|document| document.predictor).collect();
    let (predictor, sd) = standardised(&tasks, &values).ok_or(NoLink::NoVariation)?;
    let covariates = independent_rows(columns(&documents, &tasks), n);
    let responses: Vec<f64> = documents.iter().map(|document| document.score).collect();
    let question = Question {
        predictor: &predictor,
        covariates: &covariates,
        responses: &responses,
        clusters: &clusters,
        strata: &strata(&documents),
    };
    let adjusted = score_test::ask(&question, resampling)?;
    let (area_without, area_gain) = areas(&question, &tasks, resampling);
    Ok(DocumentLink {
        adjusted,
        sd,
        n,
        tasks: present(&tasks),
        holds_tokens_per_character: knows_characters(&documents),
        area_without,
        area_gain,
    })
}

/// Documents of tasks whose scores differ, and their clusters.
fn varying(documents: &[Document], clusters: &Clusters) -> (Vec<Document>, Clusters) {
    let varies = |task: usize| {
        let scores = || documents.iter().filter(|d| d.task == task).map(|d| d.score);
        let (right, all) = (scores().sum::<f64>(), scores().count() as f64);
        right >= FEWEST_OF_A_KIND && all - right >= FEWEST_OF_A_KIND
    };
    let tasks = present(&documents.iter().map(|document| document.task).collect::<Vec<_>>());
    let kept: Vec<usize> = tasks.into_iter().filter(|task| varies(*task)).collect();
    let keep: Vec<bool> = documents.iter().map(|d| kept.contains(&d.task)).collect();
    let chosen = documents.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(d, _)| *d);
    (chosen.collect(), clusters.subset(&keep))
}

/// Task effects, then log tokens with a slope a task and a square, then what else varies.
fn columns(documents: &[Document], tasks: &[usize]) -> Vec<Vec<f64>> {
    let column = |value: &dyn Fn(&Document) -> f64| -> Vec<f64> {
        centred(tasks, &documents.iter().map(value).collect::<Vec<_>>())
    };
    let length = column(&|document| (document.tokens.max(1) as f64).ln());
    let slope = |task: usize| -> Vec<f64> {
        length.iter().zip(tasks).map(|(x, &t)| if t == task { *x } else { 0.0 }).collect()
    };
    let mut columns = task_columns(tasks);
    columns.extend(present(tasks).into_iter().map(slope));
    columns.push(length.iter().map(|x| x * x).collect());
    columns.push(column(&|document| document.options as f64));
    if knows_characters(documents) {
        columns.push(column(&|document| document.tokens_per_character.unwrap_or_default()));
    }
    columns
}

fn knows_characters(documents: &[Document]) -> bool {
    documents.iter().all(|document| document.tokens_per_character.is_some())
}

/// A stratum a task and class of length; documents of equal length are never torn apart.
fn strata(documents: &[Document]) -> Vec<usize> {
    let class = |document: &Document| {
        let peers = documents.iter().filter(|other| other.task == document.task);
        let (below, all) = peers.fold((0, 0), |(below, all), other| {
            (below + usize::from(other.tokens < document.tokens), all + 1)
        });
        let classes = (all / CLASS_SIZE).clamp(1, LENGTH_CLASSES);
        document.task * LENGTH_CLASSES + below * classes / all
    };
    let mut known = std::collections::HashMap::new();
    documents
        .iter()
        .map(|document| {
            *known.entry((document.task, document.tokens)).or_insert_with(|| class(document))
        })
        .collect()
}

/// The area with covariates alone, and what the predictor adds. Every document is predicted by a
/// model that did not see its cluster.
fn areas(
    question: &Question<'_>,
    tasks: &[usize],
    resampling: Resampling,
) -> (Option<f64>, Option<Estimate>) {
    let folds = folds(question.clusters, resampling.seed);
    let with: Vec<Vec<f64>> = question
        .covariates
        .iter()
        .zip(question.predictor)
        .map(|(row, x)| [&row[..], &[*x]].concat())
        .collect();
    let without = held_out(question.covariates, question, &folds);
    let with = held_out(&with, question, &folds);
    let (Some(without), Some(with)) = (without, with) else { return (None, None) };
    let right: Vec<bool> = question.responses.iter().map(|y| *y == 1.0).collect();
    let groups = groups(question.responses, tasks, &folds);
    let resampling = Resampling { draws: resampling.draws.min(1000), ..resampling };
    let gain = concordance::gain(&groups, &without, &with, &right, question.clusters, resampling);
    (concordance::area(&groups, &without, &right), gain)
}

/// Which fold each document is predicted in; a cluster is never torn apart.
fn folds(clusters: &Clusters, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    SplitMix64::stream(seed, 0).shuffle(&mut order);
    let mut folds = vec![0; clusters.documents()];
    for (documents, place) in clusters.iter().zip(order) {
        documents.iter().for_each(|&document| folds[document] = place % FOLDS);
    }
    folds
}

/// Predictions of models fitted on the other folds; `None` when one of them has no fit.
fn held_out(rows: &[Vec<f64>], question: &Question<'_>, folds: &[usize]) -> Option<Vec<f64>> {
    let mut predictions = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let seen: Vec<bool> = folds.iter().map(|&other| other != fold).collect();
        let take =
            |flag: bool| seen.iter().enumerate().filter(move |(_, s)| **s == flag).map(|(i, _)| i);
        let training: Vec<Vec<f64>> = take(true).map(|i| rows[i].clone()).collect();
        let responses: Vec<f64> = take(true).map(|i| question.responses[i]).collect();
        let fit = logistic::fit(&training, &responses, &question.clusters.subset(&seen)).ok()?;
        take(false).for_each(|i| predictions[i] = fit.predict(&rows[i]));
    }
    Some(predictions)
}

/// Documents of one fold and one task whose scores are right or wrong throughout.
fn groups(responses: &[f64], tasks: &[usize], folds: &[usize]) -> Vec<Vec<usize>> {
    let is_binary = |task: usize| {
        let mut scores = responses.iter().zip(tasks).filter(|(_, t)| **t == task);
        scores.all(|(y, _)| *y == 0.0 || *y == 1.0)
    };
    let binary: Vec<usize> = present(tasks).into_iter().filter(|task| is_binary(*task)).collect();
    let of = |task: usize, fold: usize| {
        (0..tasks.len()).filter(|&i| tasks[i] == task && folds[i] == fold).collect()
    };
    binary.iter().flat_map(|&task| (0..FOLDS).map(move |fold| of(task, fold))).collect()
}
