//! A task scores its documents.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::filters::Pipeline;
use super::metrics::Scale;
use super::results::{
    Likelihood, Values, score_choices, score_generated, score_loglikelihood, score_rolling,
};
use super::{AnswerKey, Unscored};
use crate::config::OutputType;
use crate::request::{Request, RequestKind};
use crate::score::{MetricValue, Score};
use crate::task::{Task, TaskError};
use crate::{Doc, Response};

/// One column of a task's results.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricColumn {
    /// The metric's name.
    pub metric: String,
    /// The filter pipeline's name.
    pub filter: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// What its numbers range over.
    pub scale: Scale,
}

impl Task {
    /// The columns of its results: every filter with every metric that its
    /// requests give a value to. The first is its headline.
    #[must_use]
    pub fn metrics(&self) -> Vec<MetricColumn> {
        let scoring = &self.scoring;
        let given = scoring.process_results.is_some();
        let plans = scoring
            .metrics
            .iter()
            .filter(|plan| given || plan.metric.applies_to(self.config.output_type));
        let column = |pipeline: &Pipeline, plan: &super::metrics::MetricPlan| MetricColumn {
            metric: plan.name.clone(),
            filter: pipeline.name.clone(),
            higher_is_better: plan.higher_is_better,
            scale: plan.scale,
        };
        let columns = scoring
            .pipelines
            .iter()
            .flat_map(|pipeline| plans.clone().map(move |plan| column(pipeline, plan)));
        columns.collect()
    }

    /// Scores a document: one [`Score`] a filter pipeline.
    ///
    /// `responses` are one a request, or [`Task::repeats`] a request, those
    /// of one request together. What the model or a filter gives no score to
    /// is unscored, metric by metric.
    ///
    /// # Errors
    /// [`TaskError::Document`] if the document cannot be rendered, or if the
    /// responses are not those of the requests.
    pub fn score(
        &self,
        doc: &Doc,
        requests: &[Request],
        responses: &[Response],
    ) -> Result<Vec<Score>, TaskError> {
        let key = self.answer_key(doc)?;
        let grouped = self.by_request(doc, requests, responses)?;
        let pipelines = self.scoring.pipelines.iter();
        pipelines.map(|pipeline| self.score_filter(pipeline, &key, requests, &grouped)).collect()
    }

    fn answer_key<'a>(&self, doc: &'a Doc) -> Result<AnswerKey<'a>, TaskError> {
        let choices = self.choices(doc)?;
        let input = if choices.is_some() { self.text(doc)?.as_i64() } else { None };
        Ok(AnswerKey { doc, target: self.target(doc)?, choices, input })
    }

    /// The responses to each request, as many as the task repeats it. A
    /// greedy answer that was given once stands for all.
    fn by_request<'a>(
        &self,
        doc: &Doc,
        requests: &[Request],
        responses: &'a [Response],
    ) -> Result<Vec<Vec<&'a Response>>, TaskError> {
        let repeats = self.repeats().max(1);
        if requests.is_empty()
            || ![requests.len(), requests.len() * repeats].contains(&responses.len())
        {
            let (responses, requests) = (responses.len(), requests.len());
            return Err(
                self.wrong(doc, format!("{responses} responses do not answer {requests} requests"))
            );
        }
        let each = responses.len() / requests.len();
        let groups =
            responses.chunks(each).map(|group| group.iter().cycle().take(repeats).collect());
        Ok(groups.collect())
    }

    fn score_filter(
        &self,
        pipeline: &Pipeline,
        key: &AnswerKey<'_>,
        requests: &[Request],
        responses: &[Vec<&Response>],
    ) -> Result<Score, TaskError> {
        let values =
            |group: &Vec<&Response>| group.iter().map(|response| as_value(response)).collect();
        let filtered: Result<Vec<Value>, Unscored> =
            responses.iter().map(|group| pipeline.apply(values(group), key.doc)).collect();
        let (filtered, metrics, ties) = match filtered {
            Err(reason) => (Value::Null, self.all_unscored(&reason), 0),
            Ok(answers) => {
                let (metrics, ties) = self.measure(key, requests, responses, &answers)?;
                (Value::Array(answers), metrics, ties)
            }
        };
        Ok(Score { filter: pipeline.name.clone(), filtered, metrics, ties })
    }

    fn measure(
        &self,
        key: &AnswerKey<'_>,
        requests: &[Request],
        responses: &[Vec<&Response>],
        answers: &[Value],
    ) -> Result<(Values, usize), TaskError> {
        if let Some(process_results) = self.scoring.process_results {
            return Ok((
                process_results(key, answers).unwrap_or_else(|reason| self.all_unscored(&reason)),
                0,
            ));
        }
        let plans = &self.scoring.metrics;
        Ok(match self.config.output_type {
            OutputType::GenerateUntil => {
                (score_generated(plans, key, answers.first().unwrap_or(&Value::Null)), 0)
            }
            OutputType::MultipleChoice => {
                let likelihoods = self.likelihoods(key.doc, responses)?;
                if likelihoods.len() < key.choice_count() {
                    return Err(self.wrong(key.doc, "there are fewer requests than choices"));
                }
                score_choices(plans, key, &likelihoods)
            }
            OutputType::Loglikelihood => {
                (score_loglikelihood(plans, self.likelihoods(key.doc, responses)?[0]), 0)
            }
            OutputType::LoglikelihoodRolling => (
                score_rolling(
                    plans,
                    &rolling_text(requests),
                    self.likelihoods(key.doc, responses)?[0].log_prob,
                ),
                0,
            ),
        })
    }

    /// The first response to each request, which must be a log-likelihood.
    fn likelihoods(
        &self,
        doc: &Doc,
        responses: &[Vec<&Response>],
    ) -> Result<Vec<Likelihood>, TaskError> {
        let likelihood = |group: &Vec<&Response>| match group.first() {
            Some(&&Response::Loglikelihood { log_prob, is_greedy }) => {
                Some(Likelihood { log_prob, is_greedy })
            }
            Some(&&Response::Rolling { log_prob }) => {
                Some(Likelihood { log_prob, is_greedy: false })
            }
            _ => None,
        };
        let all: Option<Vec<Likelihood>> = responses.iter().map(likelihood).collect();
        all.ok_or_else(|| {
            self.wrong(doc, "a log-likelihood was asked for, and the response is text")
        })
    }

    fn all_unscored(&self, reason: &Unscored) -> IndexMap<String, MetricValue> {
        let names = self.scoring.metrics.iter().map(|plan| plan.name.clone());
        names.map(|name| (name, MetricValue::unscored(reason.0.clone()))).collect()
    }
}

/// A response as lm-evaluation-harness logs it.
fn as_value(response: &Response) -> Value {
    match response {
        Response::Loglikelihood { log_prob, is_greedy } => json!([log_prob, is_greedy]),
        Response::Rolling { log_prob } => json!(log_prob),
        Response::Generated { text } => json!(text),
    }
}

fn rolling_text(requests: &[Request]) -> String {
    match requests.first().map(|request| &request.kind) {
        Some(RequestKind::Rolling { text }) => text.clone(),
        _ => String::new(),
    }
}
