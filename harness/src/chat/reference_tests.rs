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

/// A tokenizer of a few words; `adds` are the tokens that it adds around every text by itself.
fn tokenizer(bos: Option<&str>, adds: [bool; 2]) -> [(&'static str, String); 2] {
    let token = |id: u32, content: &str| {
        json!({"id": id, "content": content, "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let special = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let mut single = vec![json!({"Sequence": {"id": "A", "type_id": 0}})];
    if adds[0] {
        single.insert(0, special("<s>"));
    }
    if adds[1] {
        single.push(special("</s>"));
    }
    let tokens = json!({
        "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
        "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}
    });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null,
        "added_tokens": [token(1, "<s>"), token(2, "</s>")],
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "TemplateProcessing", "single": single,
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": tokens},
        "model": {"type": "WordLevel", "unk_token": "?",
            "vocab": {"?": 0, "<s>": 1, "</s>": 2, "user": 3, "hi": 4, ":": 5}}
    });
    let config = json!({"bos_token": bos, "eos_token": "</s>"});
    [("tokenizer.json", tokenizer.to_string()), ("tokenizer_config.json", config.to_string())]
}

/// The number of BOS tokens that a prompt is fed with, which must stand in front.
fn bos_count(template: &str, files: &[(&str, String)]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    let template = ChatTemplate::load(folder.path()).unwrap().unwrap();
    let encoder = TextEncoder::load(folder.path(), None).unwrap();
    let prompt = template.apply(&[message("user", "hi")], true).unwrap();
    let ids = encoder.encode(&prompt).unwrap().ids;
    let count = ids.iter().filter(|id| **id == 1).count();
    assert!(ids.iter().take(count).all(|id| *id == 1), "{ids:?}");
    assert!(ids.contains(&4), "{ids:?}");
    count
}

/// Whoever writes BOS, template or tokenizer or both or the template twice, it is fed once; a model whose tokenizer
/// and template both leave it out is fed none, as in lm-evaluation-harness.
#[test]
fn bos_is_fed_once() {
    const TURN: &str = "user : {{ messages[0].content }}";
    let none = TURN.to_owned();
    let one = format!("{{{{ bos_token }}}}{TURN}");
    let two = format!("{{{{ bos_token }}}}{{{{ bos_token }}}}{TURN}");
    for (tokenizer, expected) in [
        (tokenizer(Some("<s>"), [true, false]), [1, 1, 1]),
        (tokenizer(Some("<s>"), [true, true]), [1, 1, 1]),
        (tokenizer(Some("<s>"), [false, false]), [0, 1, 1]),
        (tokenizer(None, [false, false]), [0, 0, 0]),
        (tokenizer(None, [false, true]), [0, 0, 0]),
        (tokenizer(None, [true, false]), [1, 1, 1]),
    ] {
        let counts = [&none, &one, &two].map(|template| bos_count(template, &tokenizer));
        assert_eq!(counts, expected, "{}", tokenizer[0].1);
    }
}
