//! The pieces of a prompt before they are joined.

use crate::request::Context;

/// Who wrote a piece of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// System instruction, description and few-shots.
    Shots,
    /// The document.
    Question,
}

impl Context {
    /// Appends a piece.
    pub(super) fn push(&mut self, text: &str, part: Part) {
        let start = self.text.len();
        self.text.push_str(text);
        self.mark(start, self.text.len(), part);
    }

    /// Appends another context.
    pub(super) fn append(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.mark_all(other, start, 0, other.text.len());
    }

    /// Marks the bytes from `start` on as the part of `other` between `from`
    /// and `to`.
    pub(super) fn mark_all(&mut self, other: &Self, start: usize, from: usize, to: usize) {
        for (ranges, part) in [(&other.shots, Part::Shots), (&other.question, Part::Question)] {
            for range in ranges {
                let (low, high) = (range.start.clamp(from, to), range.end.clamp(from, to));
                self.mark(start + low - from, start + high - from, part);
            }
        }
    }

    /// Notes who wrote the bytes from `start` to `end`, which lie behind all
    /// that are noted for the same author.
    fn mark(&mut self, start: usize, end: usize, part: Part) {
        if start == end {
            return;
        }
        let ranges = match part {
            Part::Shots => &mut self.shots,
            Part::Question => &mut self.question,
        };
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => ranges.push(start..end),
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
}

impl Speaker {
    /// The role as chat templates spell it.
    pub(super) fn role(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message: plain text puts its delimiter behind it, a chat template
/// does not.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) speaker: Speaker,
    pub(super) content: Context,
    pub(super) delimiter: String,
    pub(super) part: Part,
}

impl Message {
    /// A message of one author.
    pub(super) fn new(speaker: Speaker, text: &str, delimiter: &str, part: Part) -> Self {
        let mut content = Context::default();
        content.push(text, part);
        Self { speaker, content, delimiter: delimiter.to_owned(), part }
    }

    /// Appends the message as plain text.
    pub(super) fn write(&self, out: &mut Context) {
        out.append(&self.content);
        out.push(&self.delimiter, self.part);
    }
}

/// Messages as plain text.
pub(super) fn plain(messages: &[Message]) -> Context {
    let mut out = Context::default();
    for message in messages {
        message.write(&mut out);
    }
    out
}

/// Shots and question as one message of the user, with the system's before it
/// and the beginning of the answer behind it (`multiturn_to_singleturn` of
/// lm-evaluation-harness's `api/utils.py`).
pub(super) fn single_turn(mut messages: Vec<Message>) -> Vec<Message> {
    let system = messages.first().is_some_and(|first| first.speaker == Speaker::System);
    let system = system.then(|| messages.remove(0));
    let prefill = messages.last().is_some_and(|last| last.speaker == Speaker::Assistant);
    let prefill = prefill.then(|| messages.pop()).flatten();
    if let Some(last) = messages.last_mut() {
        last.delimiter.clear();
    }
    let user = Message {
        speaker: Speaker::User,
        content: plain(&messages),
        delimiter: String::new(),
        part: Part::Question,
    };
    system.into_iter().chain([user]).chain(prefill).collect()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn pieces<'a>(context: &'a Context, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|range| &context.text[range.clone()]).collect()
    }

    #[test]
    fn every_byte_keeps_its_author() {
        let messages = [
            Message::new(Speaker::User, "שאלה", " ", Part::Shots),
            Message::new(Speaker::Assistant, "a", "\n\n", Part::Shots),
            Message::new(Speaker::User, "q", "", Part::Question),
        ];
        let context = plain(&messages);
        assert_eq!(context.text, "שאלה a\n\nq");
        assert_eq!(pieces(&context, &context.shots), ["שאלה a\n\n"]);
        assert_eq!(pieces(&context, &context.question), ["q"]);
    }

    #[test]
    fn one_turn_keeps_system_and_prefill_apart() {
        let messages = vec![
            Message::new(Speaker::System, "s", "", Part::Shots),
            Message::new(Speaker::User, "1", " ", Part::Shots),
            Message::new(Speaker::Assistant, "x", "\n", Part::Shots),
            Message::new(Speaker::User, "2", " ", Part::Question),
            Message::new(Speaker::Assistant, "pre", "", Part::Question),
        ];
        let single = single_turn(messages);
        let texts: Vec<_> = single.iter().map(|message| message.content.text.as_str()).collect();
        assert_eq!(texts, ["s", "1 x\n2", "pre"]);
        let user = &single[1].content;
        assert_eq!(pieces(user, &user.question), ["2"]);
    }
}
