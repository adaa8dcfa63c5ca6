//! Prompts, hashes and targets against records of lm-evaluation-harness
//! 0.4.13.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{
    ChatMessage, ChatTemplate, Instance, PromptOptions, Registry, Request, RequestKind, TaskError,
};
use serde_json::{Value, json};

use crate::shared;

/// The template of Qwen's chat models, as far as plain conversations go.
struct ChatMl;

impl ChatTemplate for ChatMl {
    fn render(&self, messages: &[ChatMessage], generate: bool) -> Result<String, TaskError> {
        let turn = |message: &ChatMessage| {
            format!("<|im_start|>{}\n{}<|im_end|>\n", message.role, message.content)
        };
        let text: String = messages.iter().map(turn).collect();
        Ok(if generate { text + "<|im_start|>assistant\n" } else { text })
    }
}

fn arguments(request: &Request) -> Value {
    match &request.kind {
        RequestKind::Loglikelihood { context, continuation } => json!([context.text, continuation]),
        RequestKind::Rolling { text } => json!([text]),
        RequestKind::Generate { context, options } => json!([context.text, options.raw]),
    }
}

/// The records of a file by document; filters repeat documents.
fn records(path: &Path) -> BTreeMap<u64, Value> {
    let text = fs::read_to_string(path).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|record| (record["doc_id"].as_u64().unwrap(), record)).collect()
}

fn agree(instance: &Instance, record: &Value, task: &str) {
    let found: Vec<Value> = instance.requests.iter().map(arguments).collect();
    // As text: the order of a generation's keys counts too.
    assert_eq!(
        Value::from(found).to_string(),
        record["arguments"].to_string(),
        "{task}, document {}",
        instance.doc.id
    );
    assert_eq!(json!(instance.prompt_hash), record["prompt_hash"], "{task}");
    assert_eq!(instance.target, record["target"], "{task}, document {}", instance.doc.id);
}

fn folder_agrees(folder: &str, options: &PromptOptions) {
    let Some(shared) = shared() else { return };
    let mut registry = Registry::builtin();
    registry.include(&shared.join("reference/lm_eval/tasks")).unwrap();
    let source = Folder::new(shared.join("data"));
    let mut files = 0;
    for entry in fs::read_dir(shared.join("reference/lm_eval").join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let task = registry.task(name).unwrap();
        let data = task.load(&source).unwrap();
        task.check(&data).unwrap();
        let records = records(&path);
        let instances: Vec<_> =
            task.prompts(&data, options).unwrap().take(records.len()).map(Result::unwrap).collect();
        assert_eq!(instances.len(), records.len(), "{name}");
        for (instance, record) in instances.iter().zip(records.values()) {
            agree(instance, record, name);
        }
        files += 1;
    }
    assert!(files > 0, "{folder} has no records");
}

#[test]
fn base_prompts() {
    folder_agrees("qwen3_moe", &PromptOptions::default());
    folder_agrees("nemotron_h", &PromptOptions::default());
}

#[test]
fn generation_prompts() {
    folder_agrees("qwen3_moe_gen", &PromptOptions::default());
    folder_agrees("nemotron_h_gen", &PromptOptions::default());
}

#[test]
fn probe_prompts() {
    folder_agrees("qwen3_moe_probe", &PromptOptions::default());
    folder_agrees("qwen3_moe_short", &PromptOptions::default());
}

#[test]
fn chat_prompts() {
    let options = PromptOptions {
        system_instruction: Some("You are a careful assistant.".to_owned()),
        chat: Some(&ChatMl),
        ..PromptOptions::default()
    };
    folder_agrees("qwen3_moe_chat", &options);
}
