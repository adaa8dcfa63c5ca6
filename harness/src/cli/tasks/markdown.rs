//! `harness tasks list --markdown`: the table of the README.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use harness_tasks::{Registry, Task};

use super::row::{language, metrics};
use crate::cli::error::CommandError;
use crate::eval::EvalError;

const HEAD: &str = "| task | language | asks | shots | scored by | data | licence | ours |\n\
                    |---|---|---|---|---|---|---|---|\n";

/// A table a group, then one of the tasks that are in none.
///
/// # Errors
/// The mistakes of a task file.
pub(super) fn table(registry: &Registry) -> Result<String, CommandError> {
    let mut text = String::new();
    let mut shown = HashSet::new();
    for name in registry.group_names().filter(|name| !is_inner(registry, name)) {
        let selection = registry.select(&[name]).map_err(EvalError::from)?;
        section(&mut text, &format!("`{name}`"), &selection.tasks);
        shown.extend(selection.tasks.iter().map(|task| task.name().to_owned()));
    }
    let rest: Vec<&str> = registry.names().filter(|name| !shown.contains(*name)).collect();
    let rest = registry.select(&rest).map_err(EvalError::from)?;
    section(&mut text, "further tasks", &rest.tasks);
    Ok(text)
}

/// Whether a group is inside another, whose table has its tasks.
fn is_inner(registry: &Registry, name: &str) -> bool {
    let groups = registry.group_names().filter(|group| *group != name);
    let holds = |group: &str| {
        registry.select(&[group]).is_ok_and(|selection| {
            selection.groups.iter().any(|group| group.groups.iter().any(|inner| inner == name))
        })
    };
    groups.into_iter().any(holds)
}

fn section(text: &mut String, title: &str, tasks: &[Arc<Task>]) {
    if tasks.is_empty() {
        return;
    }
    let between = if text.is_empty() { "" } else { "\n" };
    // Writing to a String cannot fail.
    let _ = write!(text, "{between}**{title}**\n\n{HEAD}");
    for task in tasks {
        let _ = writeln!(text, "| {} |", cells(task).join(" | "));
    }
}

fn cells(task: &Task) -> [String; 8] {
    let card = task.card();
    let dataset = &task.task_config().dataset;
    let data = match &dataset.name {
        Some(name) => format!("{} ({name})", dataset.path),
        None => dataset.path.clone(),
    };
    let cells = [
        format!("`{}`", task.name()),
        language(task),
        card.asks.clone(),
        task.num_fewshot().to_string(),
        metrics(task).join(", "),
        data,
        card.licence.clone(),
        card.ours.join("; "),
    ];
    cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "))
}
