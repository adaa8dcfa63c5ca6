use std::path::Path;
use std::sync::{Arc, Once};

use chrono::Local;
use harness_tasks::{ChatMessage, TaskError};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::limits::{Stop, compile, render};
use super::source::Source;
use super::{ChatError, continuation};

/// A checkpoint's chat template, compiled.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    source: Source,
    digest: String,
    environment: Environment<'static>,
    thinking: Option<bool>,
    warning: Arc<Once>,
}

#[derive(Serialize)]
struct PlainMessage<'a> {
    role: &'a str,
    content: &'a str,
}

impl ChatTemplate {
    /// The template of a checkpoint's folder: chat_template.jinja, else `chat_template` of tokenizer_config.json
    /// (the one named `default`, if it is a list). `None` if the checkpoint has none.
    ///
    /// `strftime_now` tells the moment of loading, so that all prompts of a run agree.
    ///
    /// # Errors
    /// [`ChatError::File`] if a file cannot be read, [`ChatError::Template`] if the template is not Jinja.
    pub fn load(folder: &Path) -> Result<Option<Self>, ChatError> {
        let Some(source) = Source::find(folder)? else {
            return Ok(None);
        };
        let digest = source.digest();
        let environment = compile(source.text.clone(), Local::now())
            .map_err(|stop| stopped(&source, &digest, stop))?;
        let warning = Arc::new(Once::new());
        Ok(Some(Self { source, digest, environment, thinking: None, warning }))
    }

    /// Sets the variable `enable_thinking`, which templates of reasoning models read; unset, it is undefined and the
    /// template's own default holds.
    #[must_use]
    pub fn with_thinking(self, thinking: Option<bool>) -> Self {
        Self { thinking, ..self }
    }

    /// SHA-256 of the template in hexadecimal; lm-evaluation-harness's `chat_template_sha`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether prompts contain the date: they differ from one day to the next.
    #[must_use]
    pub fn depends_on_the_date(&self) -> bool {
        self.source.text.contains("strftime_now")
    }

    /// Renders a conversation: up to where the assistant begins to speak, or (without `add_generation_prompt`) up to
    /// the end of the last message, which the model continues.
    ///
    /// A template that rejects the conversation is tried again without its system messages. A BOS that the template
    /// writes twice is written once.
    ///
    /// # Errors
    /// [`ChatError`], naming the template's digest.
    pub fn apply(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<String, ChatError> {
        let rendered = self.attempt(messages, add_generation_prompt);
        let rest: Vec<ChatMessage> =
            messages.iter().filter(|message| message.role != "system").cloned().collect();
        match rendered {
            Err(error) if error.is_rejection() && rest.len() < messages.len() => {
                self.warning.call_once(|| {
                    tracing::warn!(%error, "prompts go without the system message");
                });
                self.attempt(&rest, add_generation_prompt)
            }
            rendered => rendered,
        }
        .map(|text| self.with_one_bos(text))
    }

    fn attempt(&self, messages: &[ChatMessage], open: bool) -> Result<String, ChatError> {
        let Some(last) = messages.last().filter(|_| !open) else {
            return self.render_all(messages, open);
        };
        let rendered = self.render_all(&continuation::mark(messages), open)?;
        continuation::cut(&rendered, last).ok_or_else(|| ChatError::Continuation {
            digest: self.digest.clone(),
            path: self.source.path.clone(),
        })
    }

    fn render_all(&self, messages: &[ChatMessage], open: bool) -> Result<String, ChatError> {
        let variables = minijinja::Value::from(Serde(self.variables(messages, open)));
        let length = messages.iter().map(|message| message.content.len()).sum();
        render(&self.environment, variables, length)
            .map_err(|stop| stopped(&self.source, &self.digest, stop))
    }

    fn variables(&self, messages: &[ChatMessage], open: bool) -> Map<String, Value> {
        let plain = |message: &ChatMessage| {
            json!(PlainMessage { role: message.role, content: &message.content })
        };
        let mut variables = self.source.tokens.clone();
        variables.insert("messages".to_owned(), messages.iter().map(plain).collect());
        variables.insert("tools".to_owned(), Value::Null);
        variables.insert("documents".to_owned(), Value::Null);
        variables.insert("add_generation_prompt".to_owned(), Value::Bool(open));
        if let Some(thinking) = self.thinking {
            variables.insert("enable_thinking".to_owned(), Value::Bool(thinking));
        }
        variables
    }

    /// The tokenizer adds no BOS to a text that begins with one, so this leaves exactly one.
    fn with_one_bos(&self, text: String) -> String {
        let bos = self.source.tokens.get("bos_token").and_then(Value::as_str).unwrap_or_default();
        let mut rest = text.as_str();
        while let Some(shorter) = rest.strip_prefix(bos)
            && !bos.is_empty()
            && shorter.starts_with(bos)
        {
            rest = shorter;
        }
        if rest.len() == text.len() { text } else { rest.to_owned() }
    }
}

impl harness_tasks::ChatTemplate for ChatTemplate {
    fn render(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<String, TaskError> {
        Ok(self.apply(messages, add_generation_prompt)?)
    }
}

fn stopped(source: &Source, digest: &str, stop: Stop) -> ChatError {
    let (digest, path) = (digest.to_owned(), source.path.clone());
    match stop {
        Stop::Limit(limit) => ChatError::Limit { digest, path, limit },
        Stop::Failed(error) => {
            let kind = error.kind();
            let reason = error.detail().map_or_else(|| kind.to_string(), str::to_owned);
            ChatError::Template { digest, path, line: error.line().unwrap_or(1), reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes BOS, wants turns to alternate and has no system role, as some tuned models do.
    const STRICT: &str = "{{ bos_token }}{% for message in messages %}\
        {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
        {{ raise_exception('roles must alternate user/assistant') }}{% endif %}\
        [{{ message['role'] }}] {{ message['content'] | trim }}{{ eos_token }}\n\
        {% endfor %}\
        {% if add_generation_prompt %}[assistant]{% endif %}";

    fn load(template: &str) -> Result<Option<ChatTemplate>, ChatError> {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": template
        });
        std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
        ChatTemplate::load(folder.path())
    }

    fn template(text: &str) -> ChatTemplate {
        load(text).unwrap().unwrap()
    }

    fn message(role: &'static str, content: &str) -> ChatMessage {
        ChatMessage { role, content: content.to_owned() }
    }

    #[test]
    fn a_rejected_system_message_is_left_out() {
        let chat = [message("system", "Be careful."), message("user", " שאלה ")];
        let expected = "<s>[user] שאלה</s>\n[assistant]";
        assert_eq!(template(STRICT).apply(&chat, true).unwrap(), expected);
    }

    #[test]
    fn other_rejections_say_what_the_template_says() {
        let chat = [message("user", "a"), message("user", "b")];
        let template = template(STRICT);
        let error = template.apply(&chat, true).unwrap_err().to_string();
        assert!(error.contains("roles must alternate"), "{error}");
        assert!(error.contains(template.digest()), "{error}");
        let task_error = harness_tasks::ChatTemplate::render(&template, &chat, true).unwrap_err();
        assert!(task_error.to_string().contains("roles must alternate"), "{task_error}");
    }

    #[test]
    fn a_last_message_of_the_assistant_is_continued() {
        let chat = [message("user", "a"), message("assistant", "答え： ")];
        let continued = template(STRICT).apply(&chat, false).unwrap();
        assert_eq!(continued, "<s>[user] a</s>\n[assistant] 答え：");
        let dropping = template("{{ messages[0].content }}");
        let error = dropping.apply(&chat, false).unwrap_err();
        assert!(matches!(error, ChatError::Continuation { .. }), "{error}");
    }

    #[test]
    fn bos_is_written_at_most_once() {
        let chat = [message("user", "a")];
        let rendered = |text: &str| template(text).apply(&chat, true).unwrap();
        assert_eq!(rendered("{{ messages[0].content }}"), "a");
        assert_eq!(rendered("{{ bos_token }}{{ messages[0].content }}"), "<s>a");
        assert_eq!(rendered("{{ bos_token }}<s>{{ messages[0].content }}<s>"), "<s>a<s>");
    }

    #[test]
    fn thinking_is_undefined_unless_set() {
        let text = "{{ enable_thinking is defined }} {{ enable_thinking }} {{ tools }}";
        let rendered = |thinking| {
            template(text).with_thinking(thinking).apply(&[message("user", "a")], true).unwrap()
        };
        assert_eq!(rendered(None), "False  None");
        assert_eq!(rendered(Some(false)), "True False None");
    }

    #[test]
    fn hostile_templates_are_stopped_and_named() {
        let endless = template(
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        );
        let error = endless.apply(&[message("system", "x")], true).unwrap_err();
        assert!(matches!(&error, ChatError::Limit { .. }), "{error}");
        assert!(error.to_string().contains(endless.digest()), "{error}");
    }

    #[test]
    fn templates_that_are_not_jinja_name_the_line() {
        let error = load("a\n{% for %}").unwrap_err();
        assert!(matches!(&error, ChatError::Template { line: 2, .. }), "{error}");
        assert!(template("{{ strftime_now('%Y') }}").depends_on_the_date());
        assert!(!template("x").depends_on_the_date());
    }

    #[test]
    fn long_documents_fit_the_limits() {
        let long = "א".repeat(2_000_000);
        let rendered = template(STRICT).apply(&[message("user", &long)], true).unwrap();
        assert_eq!(rendered.len(), long.len() + "<s>[user] </s>\n[assistant]".len());
    }
}
