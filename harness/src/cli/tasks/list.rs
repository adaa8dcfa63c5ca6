//! `harness tasks list`.

use std::fmt::Write;
use std::path::Path;

use harness_tasks::Registry;
use serde_json::{Value, json};

use super::row::row;

/// Every task and group, for programs.
pub(super) fn json(registry: &Registry, data_dir: Option<&Path>) -> Value {
    let groups: Vec<&str> = registry.group_names().collect();
    json!({"tasks": rows(registry, data_dir), "groups": groups})
}

/// Every task in two lines, then the groups.
pub(super) fn text(registry: &Registry, data_dir: Option<&Path>) -> String {
    let mut text = String::new();
    for task in rows(registry, data_dir) {
        // Writing to a String cannot fail.
        let _ = match task["error"].as_str() {
            Some(error) => writeln!(text, "{:<34} {error}", plain(&task["task"])),
            None => writeln!(text, "{}\n    {}", first(&task), second(&task)),
        };
    }
    let groups: Vec<&str> = registry.group_names().collect();
    let _ = writeln!(text, "\ngroups: {}", groups.join(", "));
    text
}

fn rows(registry: &Registry, data_dir: Option<&Path>) -> Vec<Value> {
    registry.names().map(|name| row(registry, name, data_dir)).collect()
}

fn first(task: &Value) -> String {
    let cell = |column: &str| plain(&task[column]);
    let (name, language, kind) = (cell("task"), cell("language"), cell("kind"));
    let (shots, data) = (cell("shots"), cell("data"));
    let ours = match task["ours"].as_array().map_or(0, Vec::len) {
        0 => "as published".to_owned(),
        1 => "1 choice ours".to_owned(),
        count => format!("{count} choices ours"),
    };
    format!("{name:<34} {language:<6} {kind:<21} {shots:>2}-shot  data: {data:<8} {ours}")
}

fn second(task: &Value) -> String {
    format!("{} ({})", plain(&task["source"]), plain(&task["licence"]))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
