//! Task files of others: what loads, what is refused, and what a user is told.

use std::path::Path;

use crate::support::{arg, demo_data, fixture_model, json, root, run_to};

const TASK: &str =
    "task: mine\ndataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";

/// Validates a folder of these files; the exit code, and what was said of them.
fn validated(files: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = crate::support::run(&["tasks", "validate", arg(folder.path())]);
    let (stdout, stderr) = (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(!stderr.contains("panicked"), "{stderr}");
    let place = format!("{}/", folder.path().display());
    (output.status.code().unwrap(), String::from_utf8(stdout).unwrap().replace(&place, ""))
}

/// One bad file must be told about by these lines, and by nothing that stops the program.
fn refused(text: &str, lines: &[&str]) {
    let (code, stdout) = validated(&[("bad.yaml", text)]);
    assert_eq!(code, 6, "{stdout}");
    for line in lines {
        assert!(stdout.contains(line), "{line:?} is not in: {stdout}");
    }
    assert!(stdout.contains("1 files: "), "{stdout}");
}

#[test]
fn keys_and_types() {
    refused(
        &TASK.replace("doc_to_text", "doc_to_txt"),
        &["bad.yaml:4: unknown key `doc_to_txt`; did you mean `doc_to_text`?"],
    );
    refused(
        &format!("{TASK}num_fewshot: five\n"),
        &["bad.yaml:6: key `num_fewshot` must be a whole number of at least 0, but is a string"],
    );
    refused(
        &format!("{TASK}metric_list:\n  - metric: accuracy\n"),
        &[
            "bad.yaml:6: key `metric_list`: unknown metric `accuracy`; did you mean `acc`?; known are acc, ",
        ],
    );
    refused(
        &format!("{TASK}output_type: multiple_choise\n"),
        &["bad.yaml:6: key `output_type`", "did you mean `multiple_choice`?"],
    );
}

#[test]
fn templates_and_functions() {
    refused(
        &TASK.replace("doc_to_text: q", "doc_to_text: '{{ q'"),
        &["bad.yaml:4: key `doc_to_text`: template line 1: syntax error"],
    );
    refused(
        &format!("{TASK}process_docs: !function utils.process_docs\n"),
        &[
            "bad.yaml:6: key `process_docs`: there is no function `utils.process_docs`; Python functions are not run",
            "of the 0 that name no Python function",
        ],
    );
    refused(
        &format!(
            "{TASK}filter_list:\n  - name: x\n    filter:\n      - function: regex\n        regex_pattern: '('\n"
        ),
        &["bad.yaml:6: key `filter_list`", "regex"],
    );
}

#[test]
fn includes() {
    let (code, stdout) =
        validated(&[("a.yaml", "include: b.yaml\n"), ("b.yaml", "include: a.yaml\n")]);
    assert_eq!(code, 6);
    assert!(
        stdout.contains("b.yaml:1: include `a.yaml` leads back to a file that is being included"),
        "{stdout}"
    );
    refused(
        &format!("include: nowhere.yaml\n{TASK}"),
        &["bad.yaml:1: include `nowhere.yaml` cannot be read: No such file"],
    );
}

#[test]
fn bombs() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let last = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{last}]\n");
    }
    refused(&(bomb + TASK), &["bad.yaml:", "not valid YAML"]);
    let filter = |pattern: &str| {
        format!(
            "{TASK}filter_list:\n  - name: x\n    filter:\n      - function: regex\n        regex_pattern: '{pattern}'\n"
        )
    };
    refused(&filter(&"a".repeat(10 << 20)), &["bad.yaml:1: ", "too large for a task file"]);
    refused(&filter("(a{1000}){1000}"), &["bad.yaml:6: key `filter_list`", "regex"]);
    refused(
        &format!("{TASK}description: {}1{}\n", "[".repeat(5000), "]".repeat(5000)),
        &["bad.yaml:"],
    );
    refused("\u{0}", &["bad.yaml:1"]);
    refused("- 1\n", &["bad.yaml:1: key `(the file)` must be a mapping, but is a list"]);
}

#[test]
fn hostile_templates_end_before_a_model_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let task = TASK
        .replace("o/d", "openlanguagedata/flores_plus\ndataset_name: heb_Hebr")
        .replace("test_split: test", "test_split: devtest")
        .replace("doc_to_text: q", &format!("doc_to_text: '{endless}'"))
        .replace("doc_to_target: a", "doc_to_target: text");
    std::fs::write(folder.path().join("mine.yaml"), task).unwrap();
    let (source, run) = (format!("m={}", fixture_model()), folder.path().join("run"));
    let data = demo_data();
    let arguments = ["eval", "--models", &source, "--tasks", "mine", "--limit", "2", "--quiet"];
    let more = ["--data-dir", &data, "--include-path", arg(folder.path()), "--output", arg(&run)];
    let (_, stderr) = run_to(6, &[&arguments[..], &more].concat());
    assert!(stderr.contains("task mine") && stderr.contains("out of fuel"), "{stderr}");
}

#[test]
fn what_loads_is_counted() {
    let part = TASK.replace("task: mine\n", "");
    let own = "include: part\ntask: own\ntag: t\n";
    let group = "group: g\ntask: [t, own, heb_lb_heq]\n";
    let twice = format!("task: twice\n{part}doc_to_text: other\n");
    let (code, stdout) =
        validated(&[("part", &part), ("own.yaml", own), ("g.yaml", group), ("twice.yaml", &twice)]);
    assert_eq!(
        stdout,
        "3 files: 2 tasks, 1 groups, 0 included by others or unreadable\n3 load (100.0 %), 0 have mistakes; of the 3 \
         that name no Python function, 3 load (100.0 %)\n"
    );
    assert_eq!(code, 0);
    let (code, stdout) = validated(&[("g.yaml", "group: g\ntask: [heb_lb_hec]\n")]);
    assert!(stdout.contains("g.yaml:2: key `task`: there is no task, group or tag `heb_lb_hec`"));
    assert_eq!(code, 6);
}

/// The tables between two marks in the README are those of the command.
#[test]
fn the_readmes_tables_are_the_librarys() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- tasks: begin -->\n").expect("the first mark");
    let (written, _) = rest.split_once("<!-- tasks: end -->").expect("the second mark");
    let (tables, _) = run_to(0, &["tasks", "list", "--markdown"]);
    assert!(
        written.trim() == tables.trim(),
        "put the output of `harness tasks list --markdown` between the marks of README.md"
    );
}

/// A group inside a group counts as one task in the outer average.
#[test]
fn he_instruct_counts_the_exam_once() {
    let folder = tempfile::tempdir().unwrap();
    let (source, run) = (format!("m={}", fixture_model()), folder.path().join("run"));
    let data = root().join("tasks/tests/fixtures/data");
    let arguments = ["eval", "--models", &source, "--tasks", "he-instruct", "--no-probe"];
    let more = ["--quiet", "--data-dir", arg(&data), "--output", arg(&run)];
    run_to(0, &[&arguments[..], &more].concat());
    let results = json(&run.join("m/results.json"));
    let score = |task: &str, metric: &str| {
        results["results"][task][metric].as_f64().unwrap_or_else(|| panic!("{task} {metric}"))
    };
    let sections = results["group_subtasks"]["psychometric_heb"].as_array().unwrap().clone();
    assert_eq!(sections.len(), 8);
    let exam: f64 = sections.iter().map(|task| score(task.as_str().unwrap(), "acc,none")).sum();
    let others = [
        score("mmlu_heb", "acc,none"),
        score("arc_ai2_heb", "acc,none"),
        score("hellaswag_heb", "acc,none"),
        score("gsm8k_heb", "exact_match,none"),
        score("copa_heb", "acc,none"),
    ];
    let expected = 100.0 * (others.iter().sum::<f64>() + exam / 8.0) / 6.0;
    assert!((score("he-instruct", "headline,none") - expected).abs() < 1e-9);
    assert!(Path::new(&run).join("report.md").is_file());
}
