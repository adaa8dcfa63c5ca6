//! Prompts that lm-evaluation-harness 0.4.13 recorded with Qwen3's template, and BOS in templates and tokenizers.

use std::path::{Path, PathBuf};

use harness_tasks::ChatMessage;
use serde_json::{Value, json};

use super::ChatTemplate;
use crate::encode::TextEncoder;

fn message(role: &'static str, content: &str) -> ChatMessage {
    ChatMessage { role, content: content.to_owned() }
}

fn reference() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference");
    let found = folder.is_dir().then_some(folder);
    if found.is_none() {
        println!("skipped: ../shared is not here");
    }
    found
}

/// The conversation that a prompt in ChatML was rendered from; the last turn is open.
fn conversation(prompt: &str) -> Vec<ChatMessage> {
    let turns = prompt.split("<|im_start|>").skip(1);
    let closed = turns.filter_map(|turn| turn.strip_suffix("<|im_end|>\n"));
    let turn = |turn: &str| {
        let (role, content) = turn.split_once('\n').unwrap();
        let roles = ["system", "user", "assistant"];
        message(roles.into_iter().find(|known| *known == role).unwrap(), content)
    };
    closed.map(turn).collect()
}

#[test]
fn qwen3_prompts_equal_lm_evals() {
    let Some(reference) = reference() else { return };
    let model = reference.join("models/qwen3_moe");
    let template = ChatTemplate::load(&model).unwrap().unwrap();
    let mut compared = 0;
    for task in ["probe_norms", "probe_trailing_space"] {
        let path = reference.join(format!("lm_eval/qwen3_moe_chat/{task}.jsonl"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let prompt = record["arguments"][0][0].as_str().unwrap();
            let chat = conversation(prompt);
            assert_eq!(chat[0].role, "system");
            assert_eq!(template.apply(&chat, true).unwrap(), prompt);
            compared += 1;
        }
    }
    assert_eq!(compared, 16);
}

/// Expected values from transformers 5.23.
#[test]
fn qwen3_thinking_and_continuation_equal_transformers() {
    let Some(reference) = reference() else { return };
    let template = ChatTemplate::load(&reference.join("models/qwen3_moe")).unwrap().unwrap();
    let question = [message("user", "מה?")];
    let open = "<|im_start|>user\nמה?<|im_end|>\n<|im_start|>assistant\n";
    let quick = template.clone().with_thinking(Some(false));
    assert_eq!(template.apply(&question, true).unwrap(), open);
    assert_eq!(quick.apply(&question, true).unwrap(), format!("{open}<think>\n\n</think>\n\n"));
    let prefilled = [message("user", "מה?"), message("assistant", "תשובה: ")];
    assert_eq!(
        template.apply(&prefilled, false).unwrap(),
        format!("{open}<think>\n\n</think>\n\nתשובה: ")
    );
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat/fixtures")
}

/// A checkpoint's folder of one tokenizer and one template.
fn checkpoint(tokenizer: &str, template: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("tokenizers/{}.json", tokenizer.replace(' ', "_").replace(',', ""));
    let copy = |from: String, to: &str| {
        std::fs::copy(fixtures().join(from), folder.path().join(to)).unwrap();
    };
    copy(file, "tokenizer.json");
    copy(format!("templates/{template}.jinja"), "chat_template.jinja");
    let named = !tokenizer.starts_with("no bos") && !tokenizer.ends_with("not named");
    let config = json!({"bos_token": named.then_some("<s>"), "eos_token": "</s>"});
    std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    folder
}

fn conversation_of(name: &str) -> Vec<ChatMessage> {
    let system = message("system", "Be careful.");
    match name {
        "user" => vec![message("user", " שאלה \n")],
        "system" => vec![system, message("user", "hi")],
        "turns" => vec![
            system,
            message("user", "a"),
            message("assistant", "hm</think> b "),
            message("user", "質問"),
        ],
        _ => vec![message("user", "hi"), message("assistant", "答え： ")],
    }
}

/// Templates times tokenizers: `tests/parity/chat_templates.py` says what they are and wrote what transformers 5.23
/// renders and feeds. Whoever writes BOS, template or tokenizer or both or the template twice, it is fed once; a model
/// whose tokenizer and template both leave it out is fed none, as in lm-evaluation-harness.
#[test]
fn every_template_with_every_tokenizer() {
    let text = std::fs::read_to_string(fixtures().join("expected.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 6 * (6 * 4 + 4));
    for case in cases {
        let word = |at: usize| case[at].as_str().unwrap();
        let folder = checkpoint(word(0), word(1));
        let template = ChatTemplate::load(folder.path()).unwrap().unwrap();
        let template = template.with_thinking(case[3].as_bool());
        let opens = word(2) != "prefill";
        let prompt = template.apply(&conversation_of(word(2)), opens).unwrap();
        assert_eq!(prompt, word(4), "{case}");
        let encoder = TextEncoder::load(folder.path(), None).unwrap();
        let ids = encoder.encode(&prompt).unwrap().ids;
        let end = ids.len();
        assert_eq!(json!([ids[0], ids[1], ids[end - 2], ids[end - 1], end]), case[5], "{case}");
    }
}
