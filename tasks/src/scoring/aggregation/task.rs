//! A task joins the scores of its documents.

use indexmap::IndexSet;

use super::super::metrics::MetricPlan;
use super::{Aggregate, AggregateOptions, Contributions, Statistic};
use crate::score::{MetricValue, Score};
use crate::task::Task;

/// A metric of many documents, ready to be taken of any choice of them.
pub struct Corpus {
    /// The statistic of the scored documents.
    pub statistic: Box<dyn Statistic>,
    /// Where each of them stood among the documents given.
    pub documents: Vec<usize>,
}

impl Corpus {
    fn contributions(&self) -> Option<Contributions> {
        let statistics = self.statistic.sufficient()?;
        Some(Contributions { statistics, documents: self.documents.clone() })
    }
}

/// One column of all documents' scores.
struct Column<'a> {
    /// The scored values and the documents they are of.
    scored: Vec<(usize, &'a MetricValue)>,
    /// Why each other document is unscored.
    reasons: Vec<&'a str>,
}

impl<'a> Column<'a> {
    fn new(scores: &[&'a [Score]], filter: &str, metric: &str) -> Self {
        let mut column = Self { scored: Vec::new(), reasons: Vec::new() };
        for (document, filters) in scores.iter().enumerate() {
            let score = filters.iter().find(|score| score.filter == filter);
            match score.and_then(|score| score.metrics.get(metric)) {
                Some(MetricValue::Unscored { reason }) => column.reasons.push(reason),
                Some(value) => column.scored.push((document, value)),
                None => {}
            }
        }
        column
    }

    fn corpus(&self, plan: &MetricPlan) -> Result<Corpus, String> {
        if self.scored.is_empty() {
            return Err(match self.most_frequent_reason() {
                Some(reason) => {
                    format!("all {} documents are unscored: {reason}", self.reasons.len())
                }
                None => "0 documents".to_owned(),
            });
        }
        let (documents, values): (Vec<usize>, Vec<&MetricValue>) =
            self.scored.iter().copied().unzip();
        Ok(Corpus { statistic: plan.aggregation.prepare(&values)?, documents })
    }

    fn most_frequent_reason(&self) -> Option<String> {
        let count = |reason: &str| self.reasons.iter().filter(|other| **other == reason).count();
        let unique: IndexSet<&str> = self.reasons.iter().copied().collect();
        unique.into_iter().rev().max_by_key(|reason| count(reason)).map(str::to_owned)
    }
}

impl Task {
    /// Joins the scores of all documents, as lm-evaluation-harness does: one
    /// [`Aggregate`] a filter and metric.
    ///
    /// Unscored documents are left out and counted; where none is scored
    /// there is no number but a reason.
    #[must_use]
    pub fn aggregate(&self, scores: &[&[Score]]) -> Vec<Aggregate> {
        self.aggregate_with(scores, AggregateOptions::default())
    }

    /// As [`Task::aggregate`], with options.
    #[must_use]
    pub fn aggregate_with(&self, scores: &[&[Score]], options: AggregateOptions) -> Vec<Aggregate> {
        let columns = self.columns(scores);
        columns
            .iter()
            .map(|(filter, metric)| self.aggregate_column(scores, filter, metric, options))
            .collect()
    }

    /// One metric of the scored documents, to be taken of any choice of them,
    /// as a bootstrap over clusters does.
    ///
    /// # Errors
    /// Why there is no number: no document is scored, or the values cannot be joined.
    pub fn corpus(
        &self,
        scores: &[&[Score]],
        metric: &str,
        filter: &str,
    ) -> Result<Corpus, String> {
        Column::new(scores, filter, metric).corpus(&self.scoring.metric(metric))
    }

    /// Filter and metric of each column: those of the scores, and where there
    /// are none those that the task has.
    fn columns(&self, scores: &[&[Score]]) -> IndexSet<(String, String)> {
        let own = self.metrics().into_iter().map(|column| (column.filter, column.metric));
        if scores.is_empty() {
            return own.collect();
        }
        let all = || scores.iter().copied().flatten();
        let of_filter = |filter: String| {
            let scores = all().filter(move |score| score.filter == *filter);
            scores.flat_map(|score| {
                score.metrics.keys().map(|metric| (score.filter.clone(), metric.clone()))
            })
        };
        self.scoring
            .pipelines
            .iter()
            .flat_map(|pipeline| of_filter(pipeline.name.clone()))
            .collect()
    }

    fn aggregate_column(
        &self,
        scores: &[&[Score]],
        filter: &str,
        metric: &str,
        options: AggregateOptions,
    ) -> Aggregate {
        let plan = self.scoring.metric(metric);
        let column = Column::new(scores, filter, metric);
        let corpus = column.corpus(&plan);
        let statistic = corpus.as_ref().ok().map(|corpus| corpus.statistic.as_ref());
        let stderr = statistic
            .and_then(|statistic| plan.aggregation.stderr(statistic, options.bootstrap_iterations));
        Aggregate {
            metric: metric.to_owned(),
            filter: filter.to_owned(),
            stderr: stderr.filter(|stderr| stderr.is_finite()),
            n: column.scored.len(),
            unscored: column.reasons.len(),
            unscored_reason: column.most_frequent_reason(),
            higher_is_better: plan.higher_is_better,
            scale: plan.scale,
            per_document: plan.aggregation.is_per_document(),
            signature: statistic.and_then(Statistic::signature),
            contributions: corpus.as_ref().ok().and_then(Corpus::contributions),
            value: corpus.and_then(|corpus| finite(corpus.statistic.of_all())),
        }
    }
}

fn finite(value: Option<f64>) -> Result<f64, String> {
    match value {
        Some(value) if value.is_finite() => Ok(value),
        Some(_) => Err("the value is not finite".to_owned()),
        None => Err("the metric is not defined for these documents".to_owned()),
    }
}
