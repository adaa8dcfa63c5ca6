//! A run that is killed and started again ends like one that was left alone.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{arg, demo_data, fixture_model, harness, json, run_to};

/// Keys of derived files that say when and how long, not what.
const TIMES: [&str; 5] =
    ["date", "start_time", "end_time", "total_evaluation_time_seconds", "seconds"];

fn arguments<'a>(source: &'a str, data: &'a str, output: &'a str) -> Vec<&'a str> {
    // Small batches make many windows, so that most kills fall between commits.
    let tasks = "he-leaderboard,flores200_ja";
    let base =
        ["eval", "--models", source, "--tasks", tasks, "--data-dir", data, "--output", output];
    [&base[..], &["--limit", "40", "--batch-tokens", "48", "--quiet"]].concat()
}

fn without_times(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(key, _)| !TIMES.contains(&key.as_str()));
            kept.map(|(key, value)| (key, without_times(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(without_times).collect(),
        other => other,
    }
}

fn results(run: &Path, file: &str) -> Value {
    without_times(json(&run.join("m").join(file)))
}

/// Small and deterministic (splitmix64), so that a failure can be repeated from the printed delays.
fn delays(count: u64) -> impl Iterator<Item = Duration> {
    (1..=count).map(|index| {
        let mut x = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Duration::from_millis((x ^ (x >> 27)) % 900 + 30)
    })
}

#[test]
fn twenty_kills_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let (calm, killed) = (folder.path().join("calm"), folder.path().join("killed"));
    run_to(0, &arguments(&source, &data, arg(&calm)));
    let mut unfinished = 0;
    for delay in delays(20) {
        let program = harness().get_program().to_owned();
        let mut child = std::process::Command::new(program)
            .args(arguments(&source, &data, arg(&killed)))
            .current_dir(crate::support::root())
            .env("HF_HUB_OFFLINE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(delay);
        unfinished += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    println!("{unfinished} of 20 runs were killed before they ended");
    run_to(0, &arguments(&source, &data, arg(&killed)));
    for file in ["results.json", "routing.json"] {
        assert_eq!(results(&killed, file), results(&calm, file), "{file}");
    }
}

#[test]
fn a_complete_run_is_only_reported_again() {
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
        "3",
        "--data-dir",
        &data,
    ];
    let arguments = [&arguments[..], &["--output", arg(&run)]].concat();
    run_to(0, &arguments);
    let before = results(&run, "results.json");
    let (_, stderr) = run_to(0, &arguments);
    assert!(stderr.contains("every task is in the record"), "{stderr}");
    assert_eq!(results(&run, "results.json"), before);
    std::fs::remove_dir_all(run.join("m")).unwrap();
    run_to(0, &["report", arg(&run)]);
    assert_eq!(results(&run, "results.json"), before, "rebuilt from the record alone");
}

#[test]
fn another_run_in_the_same_folder_is_refused_and_can_be_forked() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (format!("m={}", fixture_model()), demo_data());
    let run = folder.path().join("run");
    let arguments =
        ["eval", "--models", &source, "--tasks", "flores200_he", "--data-dir", &data, "--quiet"];
    let arguments = [&arguments[..], &["--output", arg(&run)]].concat();
    run_to(0, &[&arguments[..], &["--limit", "3"]].concat());
    let (_, stderr) = run_to(2, &[&arguments[..], &["--limit", "4"]].concat());
    assert!(stderr.contains("limit") && stderr.contains('3') && stderr.contains('4'), "{stderr}");
    run_to(0, &[&arguments[..], &["--limit", "4", "--fork"]].concat());
    assert!(folder.path().join("run-2/m/results.json").exists());
}

#[test]
fn a_second_writer_is_sent_away() {
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
        "3",
        "--data-dir",
        &data,
    ];
    let arguments = [&arguments[..], &["--output", arg(&run)]].concat();
    run_to(0, &arguments);
    let lock = std::fs::read_dir(&run).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let lock =
        lock.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "lock"));
    let file =
        std::fs::File::options().write(true).open(lock.expect("a lock file is kept")).unwrap();
    file.lock().unwrap();
    let (_, stderr) = run_to(75, &arguments);
    assert!(stderr.contains("being written"), "{stderr}");
}
