//! Every command does what its help says.

use crate::support::{arg, demo_data, fixture_model, json, run_to};

#[test]
fn a_prompt_longer_than_the_context_is_cut_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let arguments = [
        "eval",
        "--models",
        &source,
        "--tasks",
        "heb_lb_winograd",
        "--limit",
        "4",
        "--data-dir",
        &data,
    ];
    let more = ["--max-length", "24", "--output", arg(&run), "--quiet"];
    run_to(0, &[&arguments[..], &more].concat());
    let report = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("cut on the left"), "{report}");
}

#[test]
fn a_task_without_data_is_a_row_and_exit_5() {
    let folder = tempfile::tempdir().unwrap();
    let (run, empty) = (folder.path().join("run"), folder.path().join("data"));
    std::fs::create_dir(&empty).unwrap();
    let source = format!("m={}", fixture_model());
    let copy = empty.join("openlanguagedata/flores_plus/heb_Hebr");
    std::fs::create_dir_all(&copy).unwrap();
    let file = std::path::Path::new(&demo_data())
        .join("openlanguagedata/flores_plus/heb_Hebr/devtest.jsonl");
    std::fs::copy(file, copy.join("devtest.jsonl")).unwrap();
    let arguments =
        ["eval", "--models", &source, "--tasks", "heb_lb_winograd,flores200_he", "--limit", "3"];
    let more = ["--data-dir", arg(&empty), "--output", arg(&run), "--quiet"];
    let (stdout, _) = run_to(5, &[&arguments[..], &more].concat());
    assert!(stdout.contains("heb_lb_winograd"), "{stdout}");
    let report = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("hebrew-llm-leaderboard/winograd_he"), "it says what to get: {report}");
    assert!(json(&run.join("m/results.json"))["results"]["flores200_he"].is_object());
}

#[test]
fn plan_shows_prompts_ids_and_sharing() {
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let arguments = [
        "plan",
        "--models",
        &source,
        "--tasks",
        "heb_lb_winograd",
        "--limit",
        "6",
        "--data-dir",
        &data,
    ];
    let (stdout, _) = run_to(0, &arguments);
    assert!(stdout.contains("6 documents, 12 requests"), "{stdout}");
    let (stdout, _) = run_to(0, &[&arguments[..], &["--json"]].concat());
    let plan: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let task = &plan["tasks"][0];
    assert!(task["distinct_tokens"].as_u64() < task["tokens"].as_u64());
    assert!(task["first_documents"][0]["passes"][0]["token_ids"].is_array());
}

#[test]
fn tasks_are_listed_shown_and_validated() {
    let data = demo_data();
    let (stdout, _) = run_to(0, &["tasks", "list", "--data-dir", &data]);
    for name in ["he-leaderboard", "heb_lb_snli", "ja_leaderboard_jcommonsenseqa", "flores200_he"] {
        assert!(stdout.contains(name), "{name}: {stdout}");
    }
    let (stdout, _) = run_to(0, &["tasks", "show", "heb_lb_heq", "--data-dir", &data]);
    assert!(stdout.contains("TLNLS") && stdout.contains("שאלה:"), "{stdout}");
    let (_, stderr) = run_to(2, &["tasks", "show", "heb_lb_heqq"]);
    assert!(stderr.contains("did you mean"), "{stderr}");
}

#[test]
fn models_are_described_without_loading() {
    let (stdout, _) = run_to(0, &["models", "show", &fixture_model()]);
    assert!(stdout.contains("qwen3_moe") && stdout.contains("top 2"), "{stdout}");
}

#[test]
fn init_writes_a_configuration_once() {
    let folder = tempfile::tempdir().unwrap();
    run_to(0, &["init", arg(folder.path())]);
    let (_, stderr) = run_to(2, &["init", arg(folder.path())]);
    assert!(stderr.contains("exists already"), "{stderr}");
}

#[test]
fn results_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let run = folder.path().join("run");
    let arguments = [
        "eval",
        "--models",
        &source,
        "--tasks",
        "flores200_he",
        "--limit",
        "2",
        "--data-dir",
        &data,
    ];
    let (stdout, _) =
        run_to(0, &[&arguments[..], &["--json", "--quiet", "--output", arg(&run)]].concat());
    let printed: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(printed["results"]["m"]["results"]["flores200_he"]["bits_per_byte,none"].is_number());
}

#[test]
fn completions_and_help() {
    let (stdout, _) = run_to(0, &["completions", "bash"]);
    assert!(stdout.contains("_harness"));
    let (stdout, _) = run_to(0, &["eval", "--help"]);
    assert!(stdout.contains("--batch-tokens"));
    run_to(2, &["eval"]);
}
