//! What lists say of a task.

use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{Registry, Task};
use serde_json::{Value, json};

/// A task's row; of one whose file has mistakes, its name and the mistakes.
pub(super) fn row(registry: &Registry, name: &str, data_dir: Option<&Path>) -> Value {
    let task = match registry.task(name) {
        Ok(task) => task,
        Err(error) => return json!({"task": name, "error": error.to_string()}),
    };
    json!({
        "task": name,
        "language": language(&task),
        "kind": task.output_type(),
        "shots": task.num_fewshot(),
        "metrics": metrics(&task),
        "source": task.card().source,
        "licence": task.card().licence,
        "ours": task.card().ours,
        "data": status(&task, data_dir),
    })
}

/// `he`, or `en→he` where question and answer differ.
pub(super) fn language(task: &Task) -> String {
    let language = task.language();
    language
        .single()
        .map_or_else(|| format!("{}→{}", language.question, language.continuation), str::to_owned)
}

/// The metrics' names, the headline first, each once.
pub(super) fn metrics(task: &Task) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for metric in task.metrics() {
        if !names.contains(&metric.metric) {
            names.push(metric.metric);
        }
    }
    names
}

/// Whether a task's data are in the folder; the hub is not asked for a list.
fn status(task: &Task, data_dir: Option<&Path>) -> &'static str {
    let Some(folder) = data_dir.map(Folder::new) else { return "no data folder" };
    match task.load(&folder) {
        Ok(_) => "here",
        Err(error) if error.is_missing() => "missing",
        Err(_) => "broken",
    }
}
