//! `continue_final_message` of transformers' `apply_chat_template`.

use harness_tasks::ChatMessage;
use harness_tasks::python::text::{is_space, strip};

/// Appended to the last message so as to find its end again; the space shows whether the template strips contents.
const TAG: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

/// The messages with the end of the last one marked.
pub(super) fn mark(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let mut messages = messages.to_vec();
    if let Some(last) = messages.last_mut() {
        last.content.push_str(TAG);
    }
    messages
}

/// What was rendered of marked messages, up to the end of the last one; `None` if the template left that out.
pub(super) fn cut(rendered: &str, last: &ChatMessage) -> Option<String> {
    let at = rendered.rfind(TAG.trim_end())?;
    if !rendered.contains(strip(&last.content)) {
        return None;
    }
    let before = &rendered[..at];
    let kept =
        if rendered[at..].starts_with(TAG) { before } else { before.trim_end_matches(is_space) };
    Some(kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn continued(content: &str, template: impl Fn(&str) -> String) -> Option<String> {
        let message = ChatMessage { role: "assistant", content: content.to_owned() };
        let marked = mark(std::slice::from_ref(&message));
        cut(&template(&marked[0].content), &message)
    }

    /// Expected values from transformers 5.23.
    #[test]
    fn the_text_ends_inside_the_last_message() {
        let keeping = |content: &str| format!("A: {content}<end>");
        let stripping = |content: &str| format!("A: {}<end>", content.trim());
        assert_eq!(continued("答え： ", keeping).as_deref(), Some("A: 答え： "));
        assert_eq!(continued("答え： ", stripping).as_deref(), Some("A: 答え："));
        assert_eq!(continued("", keeping).as_deref(), Some("A: "));
        assert_eq!(continued("x", |_| "A:<end>".to_owned()), None);
    }
}
