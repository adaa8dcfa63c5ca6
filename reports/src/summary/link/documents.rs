//! What the link keeps of a document: its score and its routing's breadth.

use std::collections::{BTreeMap, HashMap};

use harness_metrics::routing::collapse::Tail;
use harness_metrics::routing::document;
use harness_metrics::{RoutingCounts, RoutingShape};
use rayon::prelude::*;

use super::Predictor;
use crate::estimates::{DocumentValue, Unit};
use crate::manifest::{MetricName, TaskManifest};
use crate::record::{DocumentRow, DocumentState, Span, TextSize};
use crate::summary::{Cell, Scored};

/// Rarefaction looks at this many tokens at least: at fewer it says next to nothing.
const FEWEST_TOKENS: u64 = 4;

/// The documents of one (model, task).
#[derive(Clone, Debug, Default)]
pub(in crate::summary) struct TaskDocuments {
    /// Tokens to which documents are rarefied: the task's 5th percentile, at least 4.
    pub(super) sample: u64,
    /// Whether every score is right or wrong.
    pub(super) is_binary: bool,
    pub(super) documents: Vec<LinkedDocument>,
}

/// One document.
#[derive(Clone, Debug)]
pub(super) struct LinkedDocument {
    /// Digest by which it is found in another model's answers.
    pub(super) hash: String,
    pub(super) cluster: String,
    /// Its score on 0-1; `None` while unscored or where the metric has no such scale.
    pub(super) score: Option<f64>,
    /// Tokens of the question.
    pub(super) tokens: u64,
    pub(super) options: usize,
    /// Tokens of the question a character; `None` where the record does not hold its characters.
    pub(super) tokens_per_character: Option<f64>,
    /// By [`Predictor::ALL`].
    pub(super) predictors: [Option<f64>; 3],
}

/// Collects the documents of a (model, task) while they are read.
#[derive(Default)]
pub(in crate::summary) struct LinkBuilder {
    documents: Vec<Collected>,
    shape: Option<RoutingShape>,
}

struct Collected {
    doc_id: usize,
    document: LinkedDocument,
    values: Vec<(MetricName, f64)>,
    /// Selections of the last eighth of the layers, `[layers × experts]`.
    tail: Vec<u64>,
}

impl LinkBuilder {
    pub(in crate::summary) fn add(&mut self, row: &DocumentRow, task: &TaskManifest) {
        let counts = row.routing.iter().find(|(span, _)| *span == Span::Question);
        let counts = counts.map(|(_, counts)| counts).filter(|counts| counts.tokens > 0);
        self.shape = self.shape.or(counts.map(|counts| counts.shape));
        let is_choice = task.output_type == "multiple_choice";
        let options = row.responses.as_array().filter(|_| is_choice).map_or(0, Vec::len);
        let document = LinkedDocument {
            hash: row.doc_hash.clone(),
            cluster: row.cluster.clone(),
            score: None,
            tokens: counts.map_or(0, |counts| counts.tokens),
            options,
            tokens_per_character: None,
            predictors: [None; 3],
        };
        let tail = counts.and_then(tail).unwrap_or_default();
        let (doc_id, values) = (row.doc_id, values(row));
        self.documents.push(Collected { doc_id, document, values, tail });
    }

    /// Scores of the headline metric, and predictors; `texts` are the sizes of the questions by
    /// position.
    pub(in crate::summary) fn finish(
        self,
        task: &TaskManifest,
        cell: &Cell,
        texts: &BTreeMap<usize, TextSize>,
    ) -> TaskDocuments {
        let headline = cell.headline(task).filter(|scored| scored.row.higher_is_better);
        let sample = sample(self.documents.iter().map(|d| d.document.tokens).collect());
        let rest = Rest::of(&self.documents);
        let shape = self.shape;
        let finished = |collected: &Collected| LinkedDocument {
            score: headline.and_then(|scored| score(&collected.values, scored)),
            tokens_per_character: texts
                .get(&collected.doc_id)
                .filter(|text| text.characters > 0)
                .map(|text| collected.document.tokens as f64 / text.characters as f64),
            predictors: shape
                .map_or([None; 3], |shape| predictors(collected, shape, sample, &rest)),
            ..collected.document.clone()
        };
        let documents: Vec<LinkedDocument> = self.documents.par_iter().map(finished).collect();
        let is_binary =
            documents.iter().filter_map(|d| d.score).all(|score| score == 0.0 || score == 1.0);
        TaskDocuments { sample, is_binary, documents }
    }
}

/// Numbers of a scored document by metric.
fn values(row: &DocumentRow) -> Vec<(MetricName, f64)> {
    if row.state != DocumentState::Scored {
        return Vec::new();
    }
    let mut values = Vec::new();
    for score in row.scores.as_array().into_iter().flatten() {
        let filter = score["filter"].as_str().unwrap_or_default();
        for (metric, value) in score["metrics"].as_object().into_iter().flatten() {
            if let Some(DocumentValue::Number(number)) = DocumentValue::read(value) {
                values.push((
                    MetricName { metric: metric.clone(), filter: filter.to_owned() },
                    number,
                ));
            }
        }
    }
    values
}

/// The headline's number on 0-1.
fn score(values: &[(MetricName, f64)], headline: &Scored) -> Option<f64> {
    let row = &headline.row;
    let named =
        |(name, _): &&(MetricName, f64)| name.metric == row.metric && name.filter == row.filter;
    let value = values.iter().find(named)?.1;
    let share = match row.unit {
        Unit::Fraction => value,
        Unit::Points => value / 100.0,
        Unit::Plain => return None,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// Selections of the last eighth of the layers; `None` below 4 layers.
fn tail(counts: &RoutingCounts) -> Option<Vec<u64>> {
    let layers = Tail::Eighth.layers(counts.shape.layers)?;
    let experts = counts.shape.experts;
    Some(counts.selections.get(layers.start * experts..layers.end * experts)?.to_vec())
}

/// max(4, the 5th percentile of tokens).
fn sample(mut tokens: Vec<u64>) -> u64 {
    tokens.retain(|&tokens| tokens > 0);
    tokens.sort_unstable();
    let position = tokens.len().saturating_sub(1) * 5 / 100;
    tokens.get(position).copied().unwrap_or(0).max(FEWEST_TOKENS)
}

/// Selections of the whole task and of each cluster: what is left without a cluster.
struct Rest {
    task: Vec<u64>,
    clusters: HashMap<String, Vec<u64>>,
}

impl Rest {
    fn of(documents: &[Collected]) -> Self {
        let mut rest = Self { task: Vec::new(), clusters: HashMap::new() };
        for collected in documents {
            add(&mut rest.task, &collected.tail);
            let cluster = collected.document.cluster.clone();
            add(rest.clusters.entry(cluster).or_default(), &collected.tail);
        }
        rest
    }

    fn without(&self, cluster: &str) -> Vec<u64> {
        let own = self.clusters.get(cluster).map_or(&[][..], Vec::as_slice);
        let left = |(place, &all): (usize, &u64)| all - own.get(place).copied().unwrap_or(0);
        self.task.iter().enumerate().map(left).collect()
    }
}

fn add(sums: &mut Vec<u64>, counts: &[u64]) {
    sums.resize(sums.len().max(counts.len()), 0);
    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
}

/// Means over the last eighth of the layers, in the order of [`Predictor::ALL`]; a predictor that
/// one of them lacks is `None`.
fn predictors(
    collected: &Collected,
    shape: RoutingShape,
    sample: u64,
    rest: &Rest,
) -> [Option<f64>; 3] {
    let (tokens, k) = (collected.document.tokens, shape.top_k);
    let layers = || collected.tail.chunks_exact(shape.experts.max(1));
    let without = rest.without(&collected.document.cluster);
    let others = without.chunks_exact(shape.experts.max(1));
    Predictor::ALL.map(|predictor| match predictor {
        Predictor::RarefiedEntropy => {
            mean(layers().map(|layer| document::rarefied_entropy_bits(layer, tokens, k, sample)))
        }
        Predictor::CollisionEntropy => {
            mean(layers().map(|layer| document::collision_entropy_bits(layer, tokens, k)))
        }
        Predictor::CrossEntropy => mean(
            layers()
                .zip(others.clone())
                .map(|(layer, rest)| document::cross_entropy_bits(layer, rest)),
        ),
    })
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    harness_metrics::scores::stderr::mean(&values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_rarefied_to_a_short_one_but_not_to_nothing() {
        assert_eq!(sample((1..=100).map(|i| i + 9).collect()), 14);
        assert_eq!(sample(vec![0, 2, 3, 90]), 4);
        assert_eq!(sample(Vec::new()), 4);
    }

    #[test]
    fn a_cluster_is_not_compared_with_itself() {
        let collected = |cluster: &str, tail: &[u64]| Collected {
            doc_id: 0,
            document: LinkedDocument {
                hash: String::new(),
                cluster: cluster.to_owned(),
                score: None,
                tokens: 2,
                options: 0,
                tokens_per_character: None,
                predictors: [None; 3],
            },
            values: Vec::new(),
            tail: tail.to_vec(),
        };
        let rest =
            Rest::of(&[collected("a", &[2, 0]), collected("a", &[1, 1]), collected("b", &[0, 2])]);
        assert_eq!((rest.without("a"), rest.without("b")), (vec![0, 2], vec![3, 1]));
    }
}
