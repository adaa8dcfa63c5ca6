//! A named list of filters.

use serde_json::Value;

use super::super::{ScoringError, Unscored};
use super::{Answers, Filter};
use crate::Doc;
use crate::config::{FilterConfig, OutputType, TaskConfig};

/// A named list of filters, one column of results.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its name; `none` where the task names none.
    pub name: String,
    filters: Vec<Filter>,
}

impl Pipeline {
    /// The pipelines of a task: those of `filter_list`, or the default that
    /// takes the first response.
    ///
    /// # Errors
    /// If a filter is unknown, has a bad option, or works on text while the
    /// task asks for log-likelihoods.
    pub fn of_task(config: &TaskConfig) -> Result<Vec<Self>, ScoringError> {
        let Some(list) = &config.filter_list else {
            return Ok(vec![Self { name: "none".to_owned(), filters: vec![Filter::TakeFirst] }]);
        };
        list.iter().map(|pipeline| Self::compile(pipeline, config)).collect()
    }

    fn compile(pipeline: &FilterConfig, config: &TaskConfig) -> Result<Self, ScoringError> {
        let filters: Vec<Filter> =
            pipeline.filter.iter().map(Filter::compile).collect::<Result<_, _>>()?;
        let text = filters.iter().find(|filter| filter.needs_text());
        match text {
            Some(filter) if config.output_type != OutputType::GenerateUntil => {
                Err(ScoringError::NotText { filter: filter.name().to_owned() })
            }
            _ => Ok(Self { name: pipeline.name.clone(), filters }),
        }
    }

    /// Runs the filters over the responses to one request.
    ///
    /// # Errors
    /// [`Unscored`] if a search was given up or a filter got what it cannot use.
    pub fn apply(&self, responses: Vec<Value>, doc: &Doc) -> Result<Value, Unscored> {
        let mut answers = Answers::Many(responses);
        for filter in &self.filters {
            answers = filter.apply(answers, doc)?;
        }
        Ok(answers.into_value())
    }
}
