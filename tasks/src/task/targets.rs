//! Which choice is right.

use serde_json::Value;

use super::{Task, TaskError};
use crate::doc::Doc;

impl Task {
    /// Whether the document's contexts differ and its continuation is common
    /// (Winograd style): the task has choices and `doc_to_text` gives their
    /// right position.
    ///
    /// # Errors
    /// As [`Task::text`].
    pub fn has_several_inputs(&self, doc: &Doc) -> Result<bool, TaskError> {
        Ok(self.config.doc_to_choice.is_some() && self.text(doc)?.is_i64())
    }

    /// The positions of the right choices: one, several if any of them
    /// counts, none if the gold answer is not among the choices, which
    /// lm-evaluation-harness scores as always wrong.
    ///
    /// # Errors
    /// As [`Task::text`] and [`Task::target`].
    pub fn gold(&self, doc: &Doc, choices: &[String]) -> Result<Vec<usize>, TaskError> {
        let text = self.text(doc)?;
        let gold = if text.is_i64() { text } else { self.target(doc)? };
        Ok(match &gold {
            Value::Array(golds) => {
                golds.iter().filter_map(|gold| position(gold, choices)).collect()
            }
            gold => position(gold, choices).into_iter().collect(),
        })
    }
}

fn position(gold: &Value, choices: &[String]) -> Option<usize> {
    match gold {
        Value::String(text) => choices.iter().position(|choice| choice == text),
        Value::Bool(flag) => Some(usize::from(*flag)).filter(|at| *at < choices.len()),
        gold => usize::try_from(gold.as_i64()?).ok().filter(|at| *at < choices.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::position;

    #[test]
    fn golds_are_positions_or_texts() {
        let choices = ["a".to_owned(), "b".to_owned()];
        assert_eq!(position(&json!(1), &choices), Some(1));
        assert_eq!(position(&json!("b"), &choices), Some(1));
        assert_eq!(position(&json!(2), &choices), None);
        assert_eq!(position(&json!(-1), &choices), None);
        assert_eq!(position(&json!("c"), &choices), None);
        assert_eq!(position(&json!(null), &choices), None);
    }
}
