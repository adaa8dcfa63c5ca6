//! What a task says about itself.

use serde_json::Value;

use super::Task;
use crate::config::{Card, Category, OutputType, TaskConfig, TaskLanguage};
use crate::python::repr::to_str;

impl Task {
    /// The task's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.task
    }

    /// The name that tables show.
    #[must_use]
    pub fn alias(&self) -> &str {
        self.config.task_alias.as_deref().unwrap_or(&self.config.task)
    }

    /// The resolved task file.
    #[must_use]
    pub fn task_config(&self) -> &TaskConfig {
        &self.config
    }

    /// The resolved task file as JSON; functions as `!function module.name`.
    #[must_use]
    pub fn config(&self) -> Value {
        self.config.to_json().into()
    }

    /// What people need to know about it.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.config.metadata.card
    }

    /// Its version; `Yaml`, as in lm-evaluation-harness, if the file has none.
    #[must_use]
    pub fn version(&self) -> String {
        self.config.metadata.version.as_ref().map_or_else(|| "Yaml".to_owned(), to_str)
    }

    /// The kind of its requests.
    #[must_use]
    pub fn output_type(&self) -> OutputType {
        self.config.output_type
    }

    /// Its language.
    #[must_use]
    pub fn language(&self) -> &TaskLanguage {
        &self.config.metadata.language
    }

    /// What kind of ability it measures.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.config.metadata.category
    }

    /// How many answers there are to choose from, where the answer is written and the file says
    /// so.
    #[must_use]
    pub fn answer_options(&self) -> Option<usize> {
        self.config.metadata.answer_options
    }

    /// The column that pairs rows of parallel text.
    #[must_use]
    pub fn row_id(&self) -> Option<&str> {
        self.config.metadata.row_id.as_deref()
    }

    /// How many shots it has of itself.
    #[must_use]
    pub fn num_fewshot(&self) -> usize {
        self.config.num_fewshot.unwrap_or(0)
    }

    /// How many shots it has when the user asks for `wanted`: a task that
    /// fixes 0 keeps 0 (`evaluator.py` of lm-evaluation-harness).
    #[must_use]
    pub fn shots(&self, wanted: Option<usize>) -> usize {
        match (self.config.num_fewshot, wanted) {
            (Some(0), _) => 0,
            (own, wanted) => wanted.or(own).unwrap_or(0),
        }
    }

    /// How often each request is asked.
    #[must_use]
    pub fn repeats(&self) -> usize {
        self.config.repeats
    }
}
