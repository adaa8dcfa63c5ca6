//! Running the program and reading what it wrote.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

/// A folder beside the project with other programs' numbers; prints why a test does nothing where it is absent.
pub(crate) fn shared() -> Option<PathBuf> {
    let shared = root().parent()?.join("shared");
    if shared.join("reference").is_dir() {
        return Some(shared);
    }
    println!("skipped: ../shared is not here");
    None
}

/// The program, in the workspace's root, without settings from the environment.
pub(crate) fn harness() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    command.current_dir(root());
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("HARNESS_") || name.starts_with("HF_"))
    {
        command.env_remove(name);
    }
    command
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_HOME", root().join("target/no-such-cache"))
        .env_remove("GITHUB_STEP_SUMMARY")
        .env("NO_COLOR", "1");
    command
}

/// Runs the program with these arguments.
pub(crate) fn run(arguments: &[&str]) -> Output {
    harness().args(arguments).output().expect("the program starts")
}

/// Runs the program, which must end with `code`; returns stdout and stderr.
pub(crate) fn run_to(code: i32, arguments: &[&str]) -> (String, String) {
    let output = run(arguments);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
    );
    (stdout, stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a JSON Lines file.
pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The committed miniature checkpoint that tests run on.
pub(crate) fn fixture_model() -> String {
    root().join("tests/fixtures/model").to_string_lossy().into_owned()
}

/// The demo's benchmark files, written by this project in the real datasets' columns.
pub(crate) fn demo_data() -> String {
    root().join("demo/data").to_string_lossy().into_owned()
}

/// Path as an argument.
pub(crate) fn arg(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8 here")
}
