//! `compare` and `gate`: what they print, write and end with, also for records that are of no use.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{arg, demo_data, fixture_model, json, root, run_to};

/// The fixture checkpoint twice, six documents of a task and of a probe.
fn evaluated(folder: &Path, models: &[&str], task: &str, more: &[&str]) -> PathBuf {
    let run = folder.join("run");
    let sources: Vec<String> =
        models.iter().map(|alias| format!("{alias}={}", fixture_model())).collect();
    let (sources, data) = (sources.join(","), demo_data());
    let arguments = ["eval", "--models", &sources, "--tasks", task, "--limit", "6", "--data-dir"];
    let rest = [&data, "--output", arg(&run), "--quiet"];
    run_to(0, &[&arguments[..], &rest, more].concat());
    run
}

#[test]
fn compare_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path(), &["a", "b"], "heb_lb_winograd,flores200_he", &[]);
    let (table, _) = run_to(0, &["compare", arg(&run)]);
    assert!(table.contains("b against a, the first model"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.contains("undecided") || table.contains("the same"), "{table}");
    let (chosen, _) = run_to(0, &["compare", arg(&run), "--baseline", "b"]);
    assert!(chosen.contains("a against b, the chosen baseline"), "{chosen}");
    let (text, _) = run_to(0, &["compare", arg(&run), "--format", "json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    let rows = found["comparisons"][0]["rows"].as_array().unwrap();
    let winograd = rows.iter().find(|row| row["name"] == "heb_lb_winograd").unwrap();
    assert_eq!((&winograd["n"], &winograd["difference"]), (&6.into(), &Value::from(0.0)));
    let (sheet, _) = run_to(0, &["compare", arg(&run), "--format", "csv"]);
    assert_eq!(
        sheet.lines().next().unwrap().split(',').count(),
        winograd.as_object().unwrap().len()
    );
    let (page, _) = run_to(0, &["compare", arg(&run), "--format", "html"]);
    assert!(
        page.contains("default-src &#39;none&#39;") && page.contains("script-src &#39;sha256-")
    );
    assert!(!page.contains("src=\"http") && page.matches("<script").count() <= 1);
    let (text, _) = run_to(0, &["compare", arg(&run), "--format", "md"]);
    assert!(text.starts_with("# b against a"), "{text}");
    let report = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("## Differences") && run.join("differences.csv").is_file());
}

#[test]
fn runs_meet_where_they_asked_the_same() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = evaluated(folders[0].path(), &["a"], "heb_lb_winograd", &[]);
    let two = evaluated(folders[1].path(), &["b"], "heb_lb_winograd", &["--seed", "7"]);
    let (text, _) = run_to(0, &["compare", arg(&one), arg(&two), "--baseline", "a"]);
    assert!(text.contains("few-shot seed: 1234 / 7") && text.contains("incomparable"), "{text}");
    let (_, stderr) = run_to(2, &["compare", arg(&one)]);
    assert!(stderr.contains("only one model"), "{stderr}");
    let (_, stderr) = run_to(2, &["compare", arg(&one), arg(&two), "--baseline", "c"]);
    assert!(stderr.contains("no model `c`") && stderr.contains("a, b"), "{stderr}");
}

#[test]
fn a_gate_without_enough_evidence_is_not_go() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path(), &["a", "b"], "heb_lb_winograd,flores200_he", &[]);
    let file = |name: &str| folder.path().join(name);
    let (junit, verdict, summary) = (file("gate.xml"), file("gate.json"), file("summary.md"));
    std::fs::write(&summary, "earlier step\n").unwrap();
    let policy = root().join("demo/gate.toml");
    let arguments = [
        "gate",
        arg(&run),
        "--policy",
        arg(&policy),
        "--baseline",
        "a",
        "--junit",
        arg(&junit),
        "--verdict",
        arg(&verdict),
        "--summary",
        arg(&summary),
    ];
    let (table, _) = run_to(4, &arguments);
    assert!(table.contains("b against a: MISSING") && table.contains("gate: MISSING"), "{table}");
    assert_eq!(
        (&json(&verdict)["verdict"], &json(&verdict)["exit_code"]),
        (&"MISSING".into(), &4.into())
    );
    assert!(std::fs::read_to_string(&junit).unwrap().contains("<testsuite name=\"b against a\""));
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(summary.starts_with("earlier step\n## harness gate: MISSING"), "{summary}");
}

fn gate(folder: &Path, run: &Path, code: i32, policy: &str) -> (String, String) {
    let path = folder.join("policy.toml");
    std::fs::write(&path, policy).unwrap();
    run_to(
        code,
        &["gate", arg(run), "--policy", arg(&path), "--summary", arg(&folder.join("s.md"))],
    )
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path(), &["a", "b"], "heb_lb_winograd", &[]);
    let rule = |bound: f64| {
        format!(
            "baseline = 'a'\n[[rule]]\nname = 'r'\ntask = 'heb_lb_winograd'\nat_least = {bound:.1}\n"
        )
    };
    // The same checkpoint twice: no answer differs, so a loss of half of the points is ruled out.
    gate(folder.path(), &run, 0, &rule(-50.0));
    gate(folder.path(), &run, 3, &rule(90.0));
    gate(folder.path(), &run, 4, &rule(0.0));
    let (stdout, _) = gate(folder.path(), &run, 4, &format!("minimum_n = 7\n{}", rule(-50.0)));
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("7 documents are needed"), "{stdout}");
}

#[test]
fn policies_are_refused_with_line_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path(), &["a", "b"], "heb_lb_winograd", &[]);
    let refused = |policy: &str, words: &[&str]| {
        let (_, stderr) = gate(folder.path(), &run, 2, policy);
        assert!(words.iter().all(|word| stderr.contains(word)), "{stderr}");
    };
    refused("[[rule]]\nname = 'r'\ntsk = 'x'\n", &["policy.toml:3:1", "did you mean `task`"]);
    refused("[[rule]]\nname = 'r'\ntask = 'x'\n", &["rule `r`", "at_least"]);
    refused("minimum_n = 3\n", &["nothing decides"]);
    refused("candidates = ['c']\nrequired_tasks = ['x']\n", &["no model `c`"]);
    refused("required_tasks = ['x']\n", &["no model has a baseline"]);
    let (_, stderr) = run_to(2, &["gate", arg(&run), "--policy", "no/such.toml"]);
    assert!(stderr.contains("no/such.toml"), "{stderr}");
}

#[test]
fn records_of_no_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let policy = root().join("demo/gate.toml");
    let damaged = folder.path().join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("run.db"), b"SQLite format 3\0 but not really").unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (run, code) in [(&damaged, 6), (&empty, 1)] {
        for command in [
            vec!["compare", arg(run)],
            vec!["gate", arg(run), "--policy", arg(&policy)],
            vec!["report", arg(run)],
        ] {
            let (stdout, stderr) = run_to(code, &command);
            assert!(stdout.is_empty() && stderr.contains(arg(run)), "{command:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{stderr}");
        }
    }
}

#[test]
fn many_runs_make_a_leaderboard() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = evaluated(folders[0].path(), &["a"], "heb_lb_winograd", &[]);
    let two = evaluated(folders[1].path(), &["b"], "heb_lb_winograd", &[]);
    run_to(0, &["report", arg(&one), arg(&two)]);
    let page = std::fs::read_to_string(folders[0].path().join("leaderboard.md")).unwrap();
    assert!(page.contains("Leaderboard of 2 models in 2 runs"), "{page}");
    assert!(page.contains("| a") && page.contains("| b"), "{page}");
    let (_, stderr) = run_to(2, &["report", arg(&one), "--output", arg(folders[1].path())]);
    assert!(stderr.contains("several runs"), "{stderr}");
}

/// A flipped bit is named, taken out and redone; what is left unfinished is said.
#[test]
fn verify_names_damage_and_repairs_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = evaluated(folder.path(), &["a"], "heb_lb_winograd", &[]);
    let (stdout, _) = run_to(0, &["verify", arg(&run)]);
    assert!(stdout.contains("0 damaged parts, 0 tasks without a result"), "{stdout}");
    let database = rusqlite::Connection::open(run.join("run.db")).unwrap();
    database.execute("UPDATE documents SET scores = '[]' WHERE doc_id = 3", []).unwrap();
    drop(database);
    let (stdout, _) = run_to(6, &["verify", arg(&run)]);
    assert!(
        stdout.contains("model `a`, task `heb_lb_winograd`") && stdout.contains("[3]"),
        "{stdout}"
    );
    let (_, stderr) = run_to(6, &["report", arg(&run)]);
    assert!(stderr.contains("harness verify --repair"), "{stderr}");
    run_to(0, &["verify", arg(&run), "--repair"]);
    let (stdout, _) = run_to(5, &["verify", arg(&run)]);
    assert!(stdout.contains("unfinished"), "{stdout}");
    evaluated(folder.path(), &["a"], "heb_lb_winograd", &[]);
    run_to(0, &["verify", arg(&run)]);
}

/// The example workflow calls the program with flags that it has.
#[test]
fn the_example_workflow_is_valid() {
    let text = std::fs::read_to_string(root().join("demo/score-checkpoint.yml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["score"]["steps"].as_array().unwrap();
    let commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let ours = commands.iter().filter_map(|command| command.trim().strip_prefix("harness "));
    let mut count = 0;
    for command in ours {
        use clap::Parser as _;
        let words = std::iter::once("harness").chain(command.split_whitespace());
        harness::cli::Cli::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        count += 1;
    }
    assert_eq!(count, 2, "{commands:?}");
}
