//! `merge`: jobs that ran apart become one run.

use std::path::{Path, PathBuf};

use crate::support::{arg, demo_data, fixture_model, run_to};

fn evaluated(folder: &Path, name: &str, models: &[&str], tasks: &str, more: &[&str]) -> PathBuf {
    let (run, data) = (folder.join(name), demo_data());
    let sources: Vec<String> =
        models.iter().map(|alias| format!("{alias}={}", fixture_model())).collect();
    let sources = sources.join(",");
    let arguments = ["eval", "--models", &sources, "--tasks", tasks, "--limit", "5"];
    let rest = ["--data-dir", &data, "--output", arg(&run), "--quiet"];
    run_to(0, &[&arguments[..], &rest, more].concat());
    run
}

#[test]
fn a_checkpoint_a_job_equals_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = "heb_lb_winograd,flores200_he,flores200_en";
    let together = evaluated(folder.path(), "together", &["a", "b"], tasks, &[]);
    let one = evaluated(folder.path(), "one", &["a"], tasks, &[]);
    let two = evaluated(folder.path(), "two", &["b"], tasks, &[]);
    let merged = folder.path().join("merged");
    run_to(0, &["merge", arg(&one), arg(&two), "--output", arg(&merged), "--quiet"]);
    for file in ["scores.csv", "routing.csv", "differences.csv", "link.csv"] {
        let text = |run: &Path| std::fs::read_to_string(run.join(file)).unwrap();
        assert_eq!(text(&merged), text(&together), "{file}");
    }
    run_to(0, &["verify", arg(&merged)]);
    run_to(0, &["merge", arg(&one), "-o", arg(&merged), "--quiet"]);
    run_to(0, &["verify", arg(&one)]);
}

#[test]
fn what_does_not_fit_is_refused_and_what_lacks_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let one = evaluated(folder.path(), "one", &["a"], "heb_lb_winograd", &[]);
    let seed = evaluated(folder.path(), "seed", &["b"], "heb_lb_winograd", &["--seed", "7"]);
    let merged = folder.path().join("merged");
    let (_, stderr) = run_to(2, &["merge", arg(&one), arg(&seed), "-o", arg(&merged)]);
    assert!(stderr.contains("run.seed: 1234 and 7"), "{stderr}");
    assert!(!merged.exists(), "nothing was begun");
    let other = evaluated(folder.path(), "other", &["b"], "flores200_he", &[]);
    let (stdout, _) = run_to(5, &["merge", arg(&one), arg(&other), "-o", arg(&merged)]);
    assert!(stdout.contains("a, flores200_he: unfinished"), "{stdout}");
}
