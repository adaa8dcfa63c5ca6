//! A dry run over all documents.

use serde_json::Value;

use super::{Task, TaskData, TaskError};
use crate::config::OutputType;
use crate::doc::Doc;

impl Task {
    /// Renders every document's question, choices and answer, so that what is
    /// wrong with any of them is known before a model is loaded.
    ///
    /// Returns what is odd but does not stop a run, such as equal choices.
    ///
    /// # Errors
    /// [`TaskError::Document`] for the first document that cannot be asked or
    /// whose right answer is not among its choices.
    pub fn check(&self, data: &TaskData) -> Result<Vec<String>, TaskError> {
        let mut equal = Vec::new();
        for doc in &data.docs {
            self.cluster(doc)?;
            self.row_of(doc)?;
            if self.config.output_type == OutputType::MultipleChoice {
                equal.extend(self.check_choices(doc)?.then(|| doc.id.to_string()));
            } else {
                self.check_texts(doc)?;
            }
        }
        Ok(self.oddities(&equal))
    }

    fn oddities(&self, equal: &[String]) -> Vec<String> {
        let first: Vec<&str> = equal.iter().take(5).map(String::as_str).collect();
        let text = || {
            format!(
                "task {}: {} documents have equal choices, of which the first counts: {}{}",
                self.name(),
                equal.len(),
                first.join(", "),
                if equal.len() > first.len() { ", ..." } else { "" }
            )
        };
        if equal.is_empty() { Vec::new() } else { vec![text()] }
    }

    /// Whether two choices are equal.
    fn check_choices(&self, doc: &Doc) -> Result<bool, TaskError> {
        let choices = self.choices(doc)?.unwrap_or_default();
        if choices.len() < 2 {
            return Err(self.wrong(
                doc,
                format!("doc_to_choice gives {} choices; at least 2 are needed", choices.len()),
            ));
        }
        let gold = self.gold(doc, &choices)?;
        if gold.is_empty() {
            let target = self.target(doc)?;
            let reason = format!(
                "the right answer, {target}, is none of the {} choices (positions count from 0)",
                choices.len()
            );
            return Err(self.wrong(doc, reason));
        }
        let unique: std::collections::HashSet<&String> = choices.iter().collect();
        Ok(unique.len() < choices.len())
    }

    fn check_texts(&self, doc: &Doc) -> Result<(), TaskError> {
        let target = self.target(doc)?;
        if self.config.output_type != OutputType::LoglikelihoodRolling {
            self.question(doc)?;
        }
        if self.config.output_type != OutputType::GenerateUntil && !target.is_string() {
            return Err(
                self.wrong(doc, format!("doc_to_target must give text, but gives {target}"))
            );
        }
        Ok(())
    }

    /// `doc_to_text` as text.
    pub(crate) fn question(&self, doc: &Doc) -> Result<String, TaskError> {
        match self.text(doc)? {
            Value::String(text) => Ok(text),
            other => Err(self.wrong(doc, format!("doc_to_text must give text, but gives {other}"))),
        }
    }
}
