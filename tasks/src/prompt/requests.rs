//! The requests of a document.

use serde_json::{Map, Value};

use super::context::Builder;
use crate::config::{NameOrFunction, OutputType};
use crate::doc::Doc;
use crate::python::text::ends_with_space;
use crate::request::{Context, GenerationOptions, Request, RequestKind, Role};
use crate::task::{Task, TaskError};

/// The keys that limit an answer's length, in lm-evaluation-harness's order
/// (`models/utils.py`).
const TOKEN_LIMITS: [&str; 4] =
    ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"];

impl Builder<'_> {
    /// The requests of a document (`construct_requests` of
    /// lm-evaluation-harness's `api/task.py`).
    pub(super) fn requests(&self, doc: &Doc, shots: &[&Doc]) -> Result<Vec<Request>, TaskError> {
        let only = |kind| vec![Request { kind, role: Role::Only }];
        Ok(match self.task.config.output_type {
            OutputType::MultipleChoice => self.choice_requests(doc, shots)?,
            OutputType::LoglikelihoodRolling => {
                only(RequestKind::Rolling { text: self.target_text(doc)? })
            }
            OutputType::Loglikelihood => only(RequestKind::Loglikelihood {
                context: self.context_of(doc, shots)?,
                continuation: self.target_text(doc)?,
            }),
            OutputType::GenerateUntil => only(RequestKind::Generate {
                context: self.context_of(doc, shots)?,
                options: options(self.task),
            }),
        })
    }

    fn context_of(&self, doc: &Doc, shots: &[&Doc]) -> Result<Context, TaskError> {
        Ok(self.contexts(doc, shots)?.into_iter().next().unwrap_or_default())
    }

    fn target_text(&self, doc: &Doc) -> Result<String, TaskError> {
        match self.task.target(doc)? {
            Value::String(text) => Ok(text),
            other => Err(self
                .task
                .wrong(doc, format!("doc_to_target must give text, but gives {other}"))),
        }
    }

    /// One request a choice, and one more without context where mutual
    /// information is measured.
    fn choice_requests(&self, doc: &Doc, shots: &[&Doc]) -> Result<Vec<Request>, TaskError> {
        let choices = self.task.choices(doc)?.unwrap_or_default();
        let contexts = self.contexts(doc, shots)?;
        let gold = self.task.gold(doc, &choices)?;
        let delimiter = self.target_delimiter();
        let common =
            if self.task.has_several_inputs(doc)? { Some(self.target_text(doc)?) } else { None };
        let mut requests = Vec::with_capacity(choices.len());
        for (at, choice) in choices.iter().enumerate() {
            let context = contexts.get(at).or(contexts.first()).cloned().unwrap_or_default();
            let text = common.as_ref().unwrap_or(choice);
            let role = if gold.contains(&at) { Role::Gold } else { Role::Other };
            requests.push(loglikelihood(context, &format!("{delimiter}{text}"), role));
        }
        if measures_mutual_information(self.task) {
            requests.extend(choices.iter().map(|choice| {
                loglikelihood(
                    Context::default(),
                    &format!("{delimiter}{choice}"),
                    Role::Unconditional,
                )
            }));
        }
        Ok(requests)
    }

    /// With a chat template nothing stands before a continuation, unless the
    /// answer has begun and needs it.
    fn target_delimiter(&self) -> &str {
        let config = &self.task.config;
        let begun = config.gen_prefix.as_deref().unwrap_or_default();
        let keeps = !begun.is_empty() && !ends_with_space(begun);
        if self.options.chat.is_some() && !keeps { "" } else { &config.target_delimiter }
    }
}

fn loglikelihood(context: Context, continuation: &str, role: Role) -> Request {
    let kind = RequestKind::Loglikelihood { context, continuation: continuation.to_owned() };
    Request { kind, role }
}

fn measures_mutual_information(task: &Task) -> bool {
    let metrics = task.config.metric_list.iter().flatten();
    let mut names = metrics.map(|metric| &metric.metric);
    names.any(|name| *name == NameOrFunction::Name("acc_mutual_info".to_owned()))
}

fn options(task: &Task) -> GenerationOptions {
    let raw = task.config.generation_kwargs.clone().unwrap_or_default();
    let until = match raw.get("until") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => {
            stops.iter().filter_map(|stop| stop.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    let limit = TOKEN_LIMITS.iter().find_map(|key| raw.get(*key)).and_then(Value::as_u64);
    let max_tokens = limit.and_then(|limit| usize::try_from(limit).ok());
    GenerationOptions { until, max_tokens, do_sample: samples(&raw), raw }
}

/// Greedy unless sampling is asked for at a temperature above 0.
fn samples(raw: &Map<String, Value>) -> bool {
    let temperature = raw.get("temperature").and_then(Value::as_f64);
    match raw.get("do_sample").and_then(Value::as_bool) {
        Some(asked) => asked && temperature != Some(0.0),
        None => temperature.is_some_and(|temperature| temperature > 0.0),
    }
}
