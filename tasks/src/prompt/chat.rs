//! Chat templates, and which bytes of what they render are whose.

use super::message::Message;
use crate::request::Context;
use crate::task::TaskError;

/// One message as chat templates see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// What is said.
    pub content: String,
}

/// A model's chat template.
pub trait ChatTemplate {
    /// Renders a conversation.
    ///
    /// With `add_generation_prompt` the text ends where the assistant begins
    /// to speak; without, it ends inside the last message, which the model
    /// continues.
    ///
    /// # Errors
    /// [`TaskError::Chat`] if the template fails.
    fn render(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<String, TaskError>;
}

/// Renders messages and finds each one's bytes in the result; what lies
/// between them is the template's.
pub(super) fn render(
    template: &dyn ChatTemplate,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<Context, TaskError> {
    let chat: Vec<ChatMessage> = messages.iter().map(chat_message).collect();
    let text = template.render(&chat, add_generation_prompt)?;
    let places = skeleton(template, &chat, add_generation_prompt)
        .and_then(|skeleton| match_skeleton(&skeleton, &chat, &text))
        .unwrap_or_else(|| search(&chat, &text));
    let mut context = Context { text, ..Context::default() };
    for place in places {
        let content = &messages[place.message].content;
        context.mark_all(content, place.start, place.from, place.to);
    }
    Ok(context)
}

fn chat_message(message: &Message) -> ChatMessage {
    ChatMessage { role: message.speaker.role(), content: message.content.text.clone() }
}

/// The bytes `from..to` of a message's content stand at `start`.
#[derive(Debug, PartialEq)]
struct Place {
    message: usize,
    start: usize,
    from: usize,
    to: usize,
}

/// Private-use characters, which no document and no template has.
const OPEN: char = '\u{f0000}';
const CLOSE: char = '\u{f0001}';

/// What the template renders of placeholders: the template's own text, each
/// piece followed by the message that comes next.
fn skeleton(
    template: &dyn ChatTemplate,
    chat: &[ChatMessage],
    add_generation_prompt: bool,
) -> Option<Vec<(String, Option<usize>)>> {
    let holders = chat.iter().enumerate();
    let holders: Vec<_> = holders
        .map(|(at, message)| ChatMessage {
            role: message.role,
            content: format!("{OPEN}{at}{CLOSE}"),
        })
        .collect();
    let text = template.render(&holders, add_generation_prompt).ok()?;
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while let Some((own, after)) = rest.split_once(OPEN) {
        let (number, after) = after.split_once(CLOSE)?;
        pieces.push((own.to_owned(), Some(number.parse().ok()?)));
        rest = after;
    }
    pieces.push((rest.to_owned(), None));
    Some(pieces)
}

/// The places of all messages, if the text is the skeleton with every
/// placeholder replaced by its content, stripped or not.
fn match_skeleton(
    skeleton: &[(String, Option<usize>)],
    chat: &[ChatMessage],
    text: &str,
) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    let mut at = 0;
    for (number, (own, message)) in skeleton.iter().enumerate() {
        at += text.get(at..)?.strip_prefix(own.as_str()).map(|_| own.len())?;
        let Some(message) = *message else { continue };
        let content = &chat.get(message)?.content;
        let next = skeleton.get(number + 1).map_or("", |(own, _)| own.as_str());
        let (from, to) = stripped(content).into_iter().find(|(from, to)| {
            let rest = text.get(at..).and_then(|rest| rest.strip_prefix(&content[*from..*to]));
            rest.is_some_and(|rest| rest.starts_with(next))
        })?;
        places.push(Place { message, start: at, from, to });
        at += to - from;
    }
    (at == text.len()).then_some(places)
}

/// The ways in which templates take a content: as it is, or without white
/// space at either end.
fn stripped(content: &str) -> [(usize, usize); 4] {
    let start = content.len() - content.trim_start().len();
    let end = content.trim_end().len().max(start);
    [(0, content.len()), (start, end), (start, content.len()), (0, end)]
}

/// Where contents stand if the template does more with them than strip them:
/// the first place behind the message before. A content that is not there
/// counts as the template's.
fn search(chat: &[ChatMessage], text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut at = 0;
    for (message, ChatMessage { content, .. }) in chat.iter().enumerate() {
        let found = stripped(content).into_iter().find_map(|(from, to)| {
            let start = text[at..].find(&content[from..to])? + at;
            (from < to).then_some(Place { message, start, from, to })
        });
        if let Some(place) = found {
            at = place.start + place.to - place.from;
            places.push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::message::{Part, Speaker};

    struct Lines {
        trim: bool,
        drop_thoughts: bool,
    }

    impl ChatTemplate for Lines {
        fn render(&self, messages: &[ChatMessage], generate: bool) -> Result<String, TaskError> {
            let mut text = String::new();
            for ChatMessage { role, content } in messages {
                let content = if self.trim { content.trim() } else { content };
                let content = content
                    .rsplit("</think>")
                    .next()
                    .filter(|_| self.drop_thoughts)
                    .unwrap_or(content);
                text.push_str(&format!("<{role}>{content}</s>"));
            }
            Ok(if generate { text + "<assistant>" } else { text })
        }
    }

    fn render_with(template: &Lines) -> (String, Vec<String>, Vec<String>) {
        let messages = [
            Message::new(Speaker::User, "user", " ", Part::Shots),
            Message::new(Speaker::Assistant, "hm</think>assistant", "", Part::Shots),
            Message::new(Speaker::User, " שאלה \n", "", Part::Question),
        ];
        let context = render(template, &messages, true).unwrap();
        let pieces = |ranges: &[std::ops::Range<usize>]| {
            ranges.iter().map(|range| context.text[range.clone()].to_owned()).collect()
        };
        (context.text.clone(), pieces(&context.shots), pieces(&context.question))
    }

    #[test]
    fn the_templates_own_bytes_are_nobodys() {
        let (text, shots, question) = render_with(&Lines { trim: false, drop_thoughts: false });
        assert_eq!(
            text,
            "<user>user</s><assistant>hm</think>assistant</s><user> שאלה \n</s><assistant>"
        );
        assert_eq!(shots, ["user", "hm</think>assistant"]);
        assert_eq!(question, [" שאלה \n"]);
    }

    #[test]
    fn stripped_contents_are_found() {
        let (_, shots, question) = render_with(&Lines { trim: true, drop_thoughts: false });
        assert_eq!((shots.len(), question), (2, vec!["שאלה".to_owned()]));
    }

    #[test]
    fn contents_that_are_changed_do_not_hide_the_others() {
        let (_, shots, question) = render_with(&Lines { trim: false, drop_thoughts: true });
        assert_eq!(shots, ["user"]);
        assert_eq!(question, [" שאלה \n"]);
    }
}
