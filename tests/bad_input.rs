//! What a user gets for input that cannot be used: a reason, a place and a remedy, and the right exit code.

use std::path::Path;

use crate::support::{arg, demo_data, fixture_model, run_to};

/// Runs `eval` with these arguments in place of good ones; it must fail with `code` and mention every word.
fn refused(code: i32, arguments: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("run");
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let mut command = vec!["eval", "--output", arg(&output), "--quiet"];
    for (flag, value) in
        [("--models", source.as_str()), ("--tasks", "flores200_he"), ("--data-dir", data.as_str())]
    {
        if !arguments.contains(&flag) {
            command.extend([flag, value]);
        }
    }
    command.extend(arguments);
    let (stdout, stderr) = run_to(code, &command);
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
    assert_eq!(stdout, "");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A copy of the fixture checkpoint with one file changed.
fn damaged_model(file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture_model()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().join(file);
    let bytes = change(std::fs::read(&path).unwrap());
    std::fs::write(path, bytes).unwrap();
    folder
}

fn model_refused(file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>, words: &[&str]) {
    let folder = damaged_model(file, change);
    refused(6, &["--models", arg(folder.path())], words);
}

fn in_config(key: &'static str, value: serde_json::Value) -> impl FnOnce(Vec<u8>) -> Vec<u8> {
    move |bytes| {
        let mut config: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        config[key] = value;
        serde_json::to_vec(&config).unwrap()
    }
}

#[test]
fn unknown_names_are_guessed() {
    refused(2, &["--tasks", "flores200_hee"], &["flores200_hee", "did you mean", "flores200_he"]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "harness.toml", "[models.base]\nsource = 'x/y'\n");
    let config = folder.path().join("harness.toml");
    refused(2, &["--config", arg(&config), "--models", "bsae"], &["bsae", "did you mean `base`"]);
}

#[test]
fn malformed_configuration_names_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "harness.toml", "[models.base]\nsource = 'x'\nstgae = 'base'\n");
    let config = folder.path().join("harness.toml");
    refused(
        2,
        &["--config", arg(&config), "--models", "base"],
        &["harness.toml:3:1", "stgae", "did you mean `stage`"],
    );
    refused(2, &["--config", "no/such.toml"], &["no/such.toml"]);
}

#[test]
fn malformed_task_files_name_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "bad.yaml",
        "task: bad\ndataset_path: a/b\ntest_split: test\noutput_typ: multiple_choice\n",
    );
    refused(
        2,
        &["--include-path", arg(folder.path()), "--tasks", "bad"],
        &["bad.yaml:4", "output_typ", "output_type"],
    );
}

#[test]
fn flags_that_make_no_sense() {
    refused(2, &["--limit", "0"], &["0 documents"]);
    refused(2, &["--data-dir", "no/such/folder"], &["no/such/folder"]);
    refused(2, &["--fewshot-as-multiturn", "true"], &["--apply-chat-template"]);
    refused(2, &["--fail-on-error", "2"], &["between 0 and 1"]);
    refused(2, &["--batch-tokens", "0"], &["at least 1"]);
}

#[test]
fn devices_that_are_not_there() {
    refused(2, &["--device", "gpu"], &["there is no device `gpu`", "auto, cpu, cuda or metal"]);
    // Neither a build without the feature nor a machine without the card can open these.
    refused(6, &["--device", "cuda:99"], &["cannot be used"]);
    refused(6, &["--device", "metal:99"], &["cannot be used"]);
}

#[test]
fn checkpoints_that_cannot_be_used() {
    refused(6, &["--models", "m=no/such/folder/at-all"], &["no/such/folder/at-all"]);
    model_refused(
        "model.safetensors",
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        &["model.safetensors"],
    );
    model_refused(
        "model.safetensors",
        |_| b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec(),
        &["LFS"],
    );
    model_refused(
        "config.json",
        in_config("num_experts_per_tok", 99.into()),
        &["num_experts_per_tok", "99"],
    );
    model_refused("config.json", in_config("num_experts", 7.into()), &["config.json"]);
    let unknown = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .unwrap()
            .replace("qwen3_moe", "frobnicate")
            .replace("Qwen3Moe", "Frob")
            .into()
    };
    model_refused("config.json", unknown, &["FrobForCausalLM", "Qwen3MoeForCausalLM"]);
    model_refused("tokenizer.json", |_| b"{}".to_vec(), &["tokenizer.json"]);
    let index = br#"{"weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors"}}"#;
    let folder = damaged_model("config.json", |bytes| bytes);
    std::fs::rename(
        folder.path().join("model.safetensors"),
        folder.path().join("model-00001-of-00002.safetensors"),
    )
    .unwrap();
    write(folder.path(), "model.safetensors.index.json", index);
    refused(6, &["--models", arg(folder.path())], &["model-00002-of-00002.safetensors"]);
}

/// FLORES-200 in Hebrew with these bytes as its file.
fn data(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "openlanguagedata/flores_plus/heb_Hebr/devtest.jsonl", bytes);
    folder
}

#[test]
fn benchmark_files_that_cannot_be_used() {
    let rows = |bytes: &[u8], code: i32, words: &[&str]| {
        let folder = data(bytes);
        refused(code, &["--data-dir", arg(folder.path())], words);
    };
    rows(b"", 2, &["0 documents", "devtest"]);
    rows(
        b"{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"txt\": \"b\"}\n",
        6,
        &["text", "document 1"],
    );
    rows(
        b"{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"\xff\"}\n",
        6,
        &["devtest.jsonl:2", "UTF-8"],
    );
    rows(b"{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2,\n", 6, &["devtest.jsonl:2"]);
}

#[test]
fn run_folders_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let arguments = [
        "eval",
        "--models",
        &source,
        "--tasks",
        "flores200_he",
        "--data-dir",
        &data,
        "--output",
        arg(&file),
    ];
    let (_, stderr) = run_to(2, &arguments);
    assert!(stderr.contains("file"), "{stderr}");
    run_to(1, &["report", arg(&folder.path().join("nothing"))]);
}
