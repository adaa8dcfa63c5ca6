//! What a task makes of one document.

use serde_json::Value;

use super::{Task, TaskError};
use crate::config::{Choices, Field, FunctionName};
use crate::doc::Doc;
use crate::functions::{self, FunctionError};
use crate::python::literal::literal_eval;
use crate::python::repr::to_str;
use crate::python::text::digits;
use crate::template::TemplateError;

impl Task {
    /// `doc_to_text`: a question, or the position of the right context in a
    /// task of several inputs.
    ///
    /// # Errors
    /// [`TaskError::Document`] if a column is missing or a template fails.
    pub fn text(&self, doc: &Doc) -> Result<Value, TaskError> {
        self.field("doc_to_text", self.config.doc_to_text.as_ref(), doc)
    }

    /// `doc_to_target`: an answer, the position of a choice, or a list of
    /// answers. This is the `target` of lm-evaluation-harness's samples.
    ///
    /// # Errors
    /// [`TaskError::Document`] if a column is missing or a template fails.
    pub fn target(&self, doc: &Doc) -> Result<Value, TaskError> {
        let value = self.field("doc_to_target", self.config.doc_to_target.as_ref(), doc)?;
        Ok(self.as_list(value, self.config.doc_to_target.as_ref(), doc))
    }

    /// `doc_to_choice`: the choices, without delimiter; `None` if the task
    /// has none.
    ///
    /// # Errors
    /// [`TaskError::Document`] if a template fails or gives no list of texts.
    pub fn choices(&self, doc: &Doc) -> Result<Option<Vec<String>>, TaskError> {
        self.choices_of("doc_to_choice", self.config.doc_to_choice.as_ref(), doc)
    }

    /// `doc_to_text` of a shot.
    pub(crate) fn shot_text(&self, doc: &Doc) -> Result<Value, TaskError> {
        match &self.config.fewshot_config.doc_to_text {
            None => self.text(doc),
            own => self.field("fewshot_config.doc_to_text", own.as_ref(), doc),
        }
    }

    /// `doc_to_target` of a shot.
    pub(crate) fn shot_target(&self, doc: &Doc) -> Result<Value, TaskError> {
        match &self.config.fewshot_config.doc_to_target {
            None => self.target(doc),
            own => {
                let value = self.field("fewshot_config.doc_to_target", own.as_ref(), doc)?;
                Ok(self.as_list(value, own.as_ref(), doc))
            }
        }
    }

    /// `doc_to_choice` of a shot.
    pub(crate) fn shot_choices(&self, doc: &Doc) -> Result<Option<Vec<String>>, TaskError> {
        match &self.config.fewshot_config.doc_to_choice {
            None => self.choices(doc),
            own => self.choices_of("fewshot_config.doc_to_choice", own.as_ref(), doc),
        }
    }

    /// A key that holds a column's name or a template of plain text.
    pub(crate) fn plain(&self, key: &str, source: &str, doc: &Doc) -> Result<String, TaskError> {
        Ok(to_str(&self.template(key, source, doc)?))
    }

    fn field(&self, key: &str, field: Option<&Field>, doc: &Doc) -> Result<Value, TaskError> {
        match field {
            None => Ok(Value::Null),
            Some(Field::Literal(value)) => Ok(value.clone()),
            Some(Field::Function(name)) => self.call(name, doc),
            Some(Field::Template(source)) => {
                let value = self.template(key, source, doc)?;
                Ok(if doc.fields.contains_key(source) { value } else { self.as_integer(value) })
            }
        }
    }

    /// A rendered text of digits is an integer in a task with choices.
    fn as_integer(&self, value: Value) -> Value {
        let integer =
            value.as_str().filter(|_| self.config.doc_to_choice.is_some()).and_then(digits);
        integer.map_or(value, Value::from)
    }

    /// A rendered target of the form `[...]` is a Python list.
    fn as_list(&self, value: Value, field: Option<&Field>, doc: &Doc) -> Value {
        let rendered =
            matches!(field, Some(Field::Template(source)) if !doc.fields.contains_key(source));
        let list = value
            .as_str()
            .filter(|text| {
                rendered && text.len() >= 2 && text.starts_with('[') && text.ends_with(']')
            })
            .and_then(literal_eval);
        list.unwrap_or(value)
    }

    fn choices_of(
        &self,
        key: &str,
        choices: Option<&Choices>,
        doc: &Doc,
    ) -> Result<Option<Vec<String>>, TaskError> {
        let value = match choices {
            None => return Ok(None),
            Some(Choices::List(choices)) => return Ok(Some(choices.clone())),
            Some(Choices::Function(name)) => self.call(name, doc)?,
            Some(Choices::Template(source)) if doc.fields.contains_key(source) => {
                self.template(key, source, doc)?
            }
            Some(Choices::Template(source)) => {
                let text = self.plain(key, source, doc)?;
                literal_eval(&text).ok_or_else(|| {
                    self.wrong(
                        doc,
                        format!("{key} must render a Python list, but renders `{text}`"),
                    )
                })?
            }
        };
        texts(&value).map(Some).ok_or_else(|| {
            self.wrong(doc, format!("{key} must give a list of texts, but gives {value}"))
        })
    }

    /// A column's value, or a rendered template.
    fn template(&self, key: &str, source: &str, doc: &Doc) -> Result<Value, TaskError> {
        if let Some(value) = doc.get(source) {
            return Ok(value.clone());
        }
        let text = self.templates.render(key, &doc.fields);
        text.map(Value::String).map_err(|error| self.template_error(key, &error, doc))
    }

    fn template_error(&self, key: &str, error: &TemplateError, doc: &Doc) -> TaskError {
        let columns = || doc.fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let reason = match error {
            TemplateError::MissingColumns { .. } => {
                format!("{error}, which {key} uses; the columns are {}", columns())
            }
            _ => format!("{key}: {error}"),
        };
        self.wrong(doc, reason)
    }

    fn call(&self, name: &FunctionName, doc: &Doc) -> Result<Value, TaskError> {
        let function = functions::text(&name.0)
            .ok_or_else(|| self.wrong(doc, functions::explain(&name.0, functions::Kind::Text)))?;
        function(doc).map_err(|error| self.function_error(name, &error))
    }

    /// The error of a function that cannot use a document.
    pub(crate) fn function_error(&self, name: &FunctionName, error: &FunctionError) -> TaskError {
        TaskError::Document {
            task: self.config.task.clone(),
            at: error.at.to_string(),
            reason: format!("{}: {}", name.0, error.reason),
        }
    }

    /// The error of a document that cannot be used.
    pub(crate) fn wrong(&self, doc: &Doc, reason: impl Into<String>) -> TaskError {
        TaskError::Document {
            task: self.config.task.clone(),
            at: format!("{}, document {}", doc.origin, doc.id),
            reason: reason.into(),
        }
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
