//! The program as a user runs it: bad input gets a clear error, and nothing is overwritten.

use std::path::Path;
use std::process::{Command, Output};

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_harness-demo"))
        .args(arguments)
        .output()
        .expect("the binary of this package was built")
}

fn refusal(arguments: &[&str]) -> String {
    let output = demo(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).expect("messages are UTF-8")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

#[test]
fn data_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("data");
    assert!(demo(&["data", "--out", text(&out)]).status.success());
    assert!(out.join("Etelis/HeQ_v1/default/test.jsonl").is_file());
    assert!(refusal(&["data", "--out", text(&out)]).contains("not empty"));
}

#[test]
fn an_existing_checkpoint_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    std::fs::create_dir(&base).unwrap();
    let error = refusal(&["train", "--out", text(folder.path())]);
    assert!(error.contains("exists"), "{error}");
    assert_eq!(std::fs::read_dir(&base).unwrap().count(), 0);
}

#[test]
fn an_unknown_stage_is_named_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&["train", "--out", text(folder.path()), "--stages", "bass"]);
    assert!(error.contains("`bass`") && error.contains("base, cpt, sft, base+"), "{error}");
}

#[test]
fn cpt_needs_a_base() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&["train", "--out", text(folder.path()), "--stages", "cpt"]);
    assert!(error.contains("train stage base"), "{error}");
}

#[test]
fn a_truncated_state_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let states = folder.path().join(".train/base");
    std::fs::create_dir_all(&states).unwrap();
    let state = states.join("state.safetensors");
    std::fs::write(&state, b"not a state").unwrap();
    let error = refusal(&["train", "--out", text(folder.path()), "--stages", "base"]);
    assert!(error.contains("damaged") && error.contains("state.safetensors"), "{error}");
    assert_eq!(std::fs::read(&state).unwrap(), b"not a state");
}

#[test]
fn later_stages_read_the_tokens_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join(".train/tokenizer.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, b"{").unwrap();
    let error = refusal(&["train", "--out", text(folder.path()), "--stages", "base"]);
    assert!(error.contains("tokenizer.json"), "{error}");
    assert_eq!(std::fs::read(&kept).unwrap(), b"{");
}

#[test]
fn a_page_needs_a_record_or_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    let error = refusal(&["results", "--out", out]);
    assert!(error.contains("record.json") && error.contains("harness eval"), "{error}");
    let error = refusal(&["results", "--out", out, "--run", out]);
    assert!(error.contains("results.json"), "{error}");
    assert!(!folder.path().join("RESULTS.md").exists());
}

#[test]
fn a_short_training_writes_checkpoints_with_cards() {
    let folder = tempfile::tempdir().unwrap();
    let short = ["--tokens", "1500", "--batch", "700", "--check-every", "0", "--questions", "1"];
    let all = ["train", "--out", text(folder.path()), "--stages", "base,sft"];
    let output = demo(&[&all[..], &short].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for stage in ["base", "sft"] {
        let files = ["config.json", "model.safetensors", "tokenizer.json", "MODEL_CARD.md"];
        for file in files {
            assert!(folder.path().join(stage).join(file).is_file(), "{stage}/{file}");
        }
    }
    let kept = std::fs::read(folder.path().join(".train/tokenizer.json")).unwrap();
    assert_eq!(kept, std::fs::read(folder.path().join("sft/tokenizer.json")).unwrap());
    let losses = std::fs::read_to_string(folder.path().join(".train/base/loss.csv")).unwrap();
    assert!(losses.starts_with("step,tokens,loss"), "{losses}");
}
