//! The context of a document.

use super::chat;
use super::delimiter;
use super::message::{Message, Part, Speaker, plain, single_turn};
use super::options::PromptOptions;
use super::turn::{Turn, answer_text};
use crate::doc::Doc;
use crate::request::Context;
use crate::task::{Task, TaskError};

/// Builds contexts of one task (`fewshot_context` of
/// lm-evaluation-harness's `api/task.py`).
#[derive(Clone, Copy)]
pub(super) struct Builder<'a> {
    pub(super) task: &'a Task,
    pub(super) options: &'a PromptOptions<'a>,
}

impl Builder<'_> {
    /// The contexts of a document: one, or one for each choice in a task of
    /// several inputs.
    pub(super) fn contexts(&self, doc: &Doc, shots: &[&Doc]) -> Result<Vec<Context>, TaskError> {
        let mut before: Vec<Message> = self.system(doc)?.into_iter().collect();
        for shot in shots {
            before.extend(self.shot(shot)?);
        }
        let prefix = self.prefix(doc)?;
        let questions = if self.task.has_several_inputs(doc)? {
            self.task.choices(doc)?.unwrap_or_default()
        } else {
            vec![self.task.question(doc)?]
        };
        questions
            .iter()
            .map(|question| self.context(&before, question, prefix.as_deref()))
            .collect()
    }

    fn context(
        &self,
        before: &[Message],
        question: &str,
        prefix: Option<&str>,
    ) -> Result<Context, TaskError> {
        let turn = Turn {
            question,
            answer: None,
            prefix,
            target_delimiter: &self.task.config.target_delimiter,
            fewshot_delimiter: "",
            part: Part::Question,
        };
        let messages: Vec<Message> = before.iter().cloned().chain(turn.messages()).collect();
        let Some(template) = self.options.chat else { return Ok(plain(&messages)) };
        let messages =
            if self.options.fewshot_as_multiturn { messages } else { single_turn(messages) };
        chat::render(template, &messages, prefix.is_none_or(str::is_empty))
    }

    /// System instruction and description, joined by the few-shot delimiter
    /// where neither has white space at the border.
    ///
    /// A description that is made of the document's columns is the document's
    /// own text.
    fn system(&self, doc: &Doc) -> Result<Option<Message>, TaskError> {
        let config = &self.task.config;
        let instruction = self.options.system_instruction.as_deref().unwrap_or_default();
        let description = self.description(doc)?;
        let mut message = Message::new(Speaker::System, instruction, "", Part::Shots);
        let between = delimiter::between(instruction, &description, &config.fewshot_delimiter);
        message.content.push(between, Part::Shots);
        message.content.push(&description, self.author_of_description(doc));
        Ok((!message.content.text.is_empty()).then_some(message))
    }

    fn description(&self, doc: &Doc) -> Result<String, TaskError> {
        let source = &self.task.config.description;
        if source.is_empty() {
            Ok(String::new())
        } else {
            self.task.plain("description", source, doc)
        }
    }

    fn author_of_description(&self, doc: &Doc) -> Part {
        let own = doc.fields.contains_key(&self.task.config.description)
            || !self.task.templates.columns("description").is_empty();
        if own { Part::Question } else { Part::Shots }
    }

    fn prefix(&self, doc: &Doc) -> Result<Option<String>, TaskError> {
        let source = self.task.config.gen_prefix.as_ref();
        source.map(|source| self.task.plain("gen_prefix", source, doc)).transpose()
    }

    fn shot(&self, shot: &Doc) -> Result<Vec<Message>, TaskError> {
        let config = &self.task.config;
        let fewshot = &config.fewshot_config;
        let choices = self.task.shot_choices(shot)?;
        let target = self.task.shot_target(shot)?;
        let several = self.task.has_several_inputs(shot)?;
        let answer = answer_text(&target, choices.as_deref().filter(|_| !several));
        let answer = answer.ok_or_else(|| {
            self.task.wrong(
                shot,
                format!(
                    "the answer of a shot must be text or the position of a choice, but is {target}"
                ),
            )
        })?;
        let question = self.shot_question(shot, choices.as_deref())?;
        let prefix = self.shot_prefix(shot)?;
        let turn = Turn {
            question: &question,
            answer: Some(&answer),
            prefix: prefix.as_deref(),
            target_delimiter: fewshot.target_delimiter.as_ref().unwrap_or(&config.target_delimiter),
            fewshot_delimiter: fewshot
                .fewshot_delimiter
                .as_ref()
                .unwrap_or(&config.fewshot_delimiter),
            part: Part::Shots,
        };
        Ok(turn.messages())
    }

    /// The question of a shot; in a task of several inputs the right one.
    fn shot_question(&self, shot: &Doc, choices: Option<&[String]>) -> Result<String, TaskError> {
        let text = self.task.shot_text(shot)?;
        answer_text(&text, choices).ok_or_else(|| {
            self.task.wrong(shot, format!("the question of a shot must be text, but is {text}"))
        })
    }

    fn shot_prefix(&self, shot: &Doc) -> Result<Option<String>, TaskError> {
        match &self.task.config.fewshot_config.gen_prefix {
            Some(source) => self.task.plain("fewshot_config.gen_prefix", source, shot).map(Some),
            None => self.prefix(shot),
        }
    }
}
