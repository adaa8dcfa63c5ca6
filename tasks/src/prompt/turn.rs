//! One question, with its answer or the beginning of it.

use serde_json::Value;

use super::delimiter;
use super::message::{Message, Part, Speaker};

/// What one turn is made of.
pub(super) struct Turn<'a> {
    /// The question.
    pub(super) question: &'a str,
    /// The answer of a shot.
    pub(super) answer: Option<&'a str>,
    /// What the answer begins with.
    pub(super) prefix: Option<&'a str>,
    /// Between question and answer.
    pub(super) target_delimiter: &'a str,
    /// Behind the answer.
    pub(super) fewshot_delimiter: &'a str,
    /// Who wrote it.
    pub(super) part: Part,
}

impl Turn<'_> {
    /// The messages of the turn (`build_qa_turn` of lm-evaluation-harness's
    /// `api/task.py`).
    pub(super) fn messages(&self) -> Vec<Message> {
        let prefix = self.prefix.filter(|prefix| !prefix.is_empty());
        let answer = self.answer.filter(|answer| !answer.is_empty());
        let delimited = match (answer, prefix) {
            (Some(_), None) => true,
            (_, Some(prefix)) => delimiter::needed(self.question, prefix),
            (None, None) => false,
        };
        let behind = if delimited { self.target_delimiter } else { "" };
        let question = Message::new(Speaker::User, self.question, behind, self.part);
        let answer = self.answer_message(answer, prefix);
        std::iter::once(question).chain(answer).collect()
    }

    fn answer_message(&self, answer: Option<&str>, prefix: Option<&str>) -> Option<Message> {
        let (text, behind) = match (answer, prefix) {
            (None, None) => return None,
            (None, Some(prefix)) => (prefix.to_owned(), ""),
            (Some(answer), None) => (answer.to_owned(), self.fewshot_delimiter),
            (Some(answer), Some(prefix)) => {
                let space = delimiter::between(prefix, answer, " ");
                (format!("{prefix}{space}{answer}"), self.fewshot_delimiter)
            }
        };
        Some(Message::new(Speaker::Assistant, &text, behind, self.part))
    }
}

/// The answer of a shot as text: a choice by its position, the first of
/// several answers, or the answer itself. `None` if it is none of these.
pub(super) fn answer_text(target: &Value, choices: Option<&[String]>) -> Option<String> {
    match (target, choices) {
        (Value::String(text), _) => Some(text.clone()),
        (Value::Array(answers), _) => answers.first()?.as_str().map(str::to_owned),
        (Value::Bool(flag), Some(choices)) => choices.get(usize::from(*flag)).cloned(),
        (Value::Number(at), Some(choices)) => {
            let at = at.as_i64()?;
            let from_end =
                usize::try_from(-at).ok().and_then(|back| choices.len().checked_sub(back));
            let at = if at < 0 { from_end? } else { usize::try_from(at).ok()? };
            choices.get(at).cloned()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prompt::message::plain;

    fn text(question: &str, answer: Option<&str>, prefix: Option<&str>) -> String {
        let turn = Turn {
            question,
            answer,
            prefix,
            target_delimiter: " ",
            fewshot_delimiter: "\n\n",
            part: Part::Shots,
        };
        plain(&turn.messages()).text
    }

    #[test]
    fn delimiters_stand_where_lm_evaluation_harness_puts_them() {
        assert_eq!(text("Q:", Some("a"), None), "Q: a\n\n");
        assert_eq!(text("Q:", None, None), "Q:");
        assert_eq!(text("Q:", Some(""), None), "Q:");
        assert_eq!(text("Q:", None, Some("A:")), "Q: A:");
        assert_eq!(text("Q:\n", None, Some("A:")), "Q:\nA:");
        assert_eq!(text("Q:", Some("a"), Some("A:")), "Q: A: a\n\n");
        assert_eq!(text("Q:", Some("a"), Some("A: ")), "Q: A: a\n\n");
        assert_eq!(text("", Some("a"), Some("A:")), "A: a\n\n");
    }

    #[test]
    fn answers_are_texts_lists_or_positions() {
        let choices = ["x".to_owned(), "y".to_owned()];
        assert_eq!(answer_text(&json!(1), Some(&choices)).as_deref(), Some("y"));
        assert_eq!(answer_text(&json!(-1), Some(&choices)).as_deref(), Some("y"));
        assert_eq!(answer_text(&json!(2), Some(&choices)), None);
        assert_eq!(answer_text(&json!(["p", "q"]), None).as_deref(), Some("p"));
        assert_eq!(answer_text(&json!("t"), Some(&choices)).as_deref(), Some("t"));
        assert_eq!(answer_text(&json!(1), None), None);
    }
}
