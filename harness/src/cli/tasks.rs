use std::fmt::Write;
use std::path::{Path, PathBuf};

use harness_tasks::data::Folder;
use harness_tasks::{PromptOptions, Registry, RegistryError, RequestKind, Task};
use serde_json::{Value, json};

use super::args::{TasksArgs, TasksCommand};
use super::error::CommandError;
use super::output;
use crate::config::Config;
use crate::eval::EvalError;
use crate::exit::Exit;

/// Lists, shows and checks tasks.
pub(super) fn run(args: &TasksArgs) -> Result<Exit, CommandError> {
    if let TasksCommand::Validate { paths } = &args.command {
        return validate(paths);
    }
    let config = Config::load(args.config.as_deref())?;
    let configured = || config.data.dir.as_deref().map(|dir| config.relative(dir));
    let data_dir = args.data_dir.clone().or_else(configured);
    let mut registry = Registry::builtin();
    for folder in &args.include_path {
        registry.include(folder).map_err(EvalError::from)?;
    }
    match &args.command {
        TasksCommand::List { json } => list(&registry, data_dir.as_deref(), *json)?,
        TasksCommand::Show { task, prompts } => {
            let task = registry.task(task).map_err(EvalError::from)?;
            output::print(&show(&task, data_dir.as_deref(), *prompts)?)?;
        }
        TasksCommand::Validate { .. } => {}
    }
    Ok(Exit::Success)
}

fn list(registry: &Registry, data_dir: Option<&Path>, json: bool) -> Result<(), CommandError> {
    let tasks: Vec<Value> = registry.names().map(|name| row(registry, name, data_dir)).collect();
    let groups: Vec<&str> = registry.group_names().collect();
    if json {
        output::print_json(&json!({"tasks": tasks, "groups": groups}))?;
        return Ok(());
    }
    let mut text = String::new();
    for task in &tasks {
        let cell = |column: &str| plain(&task[column]);
        let (name, language, kind) = (cell("task"), cell("language"), cell("kind"));
        let (shots, data) = (cell("shots"), cell("data"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<34} {language:<6} {kind:<21} {shots:>2}-shot  data: {data}");
        let _ = writeln!(text, "    {} ({})", cell("source"), cell("licence"));
    }
    let _ = writeln!(text, "\ngroups: {}", groups.join(", "));
    output::print(&text)?;
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn row(registry: &Registry, name: &str, data_dir: Option<&Path>) -> Value {
    let task = match registry.task(name) {
        Ok(task) => task,
        Err(error) => return json!({"task": name, "data": error.to_string()}),
    };
    let language = task.language();
    let tag = language
        .single()
        .map_or_else(|| format!("{}→{}", language.question, language.continuation), str::to_owned);
    json!({
        "task": name,
        "language": tag,
        "kind": task.output_type(),
        "shots": task.num_fewshot(),
        "source": task.card().source,
        "licence": task.card().licence,
        "data": status(&task, data_dir),
    })
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

fn show(task: &Task, data_dir: Option<&Path>, prompts: usize) -> Result<String, CommandError> {
    let card = task.card();
    let mut text = format!("{} (version {})\n", task.name(), task.version());
    for (title, value) in [
        ("asks", &card.asks),
        ("source", &card.source),
        ("licence", &card.licence),
        ("prompt", &card.prompt),
        ("scoring", &card.scoring),
        ("differences", &card.differences),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{title}\n  {value}");
    }
    if !card.ours.is_empty() {
        let _ = writeln!(text, "\nours, because the definition is not public");
        for choice in &card.ours {
            let _ = writeln!(text, "  - {choice}");
        }
    }
    match data_dir {
        Some(folder) => text += &first_prompts(task, folder, prompts)?,
        None => text += "\nprompts are shown with --data-dir\n",
    }
    Ok(text)
}

fn first_prompts(task: &Task, folder: &Path, prompts: usize) -> Result<String, CommandError> {
    let data = match task.load(&Folder::new(folder)) {
        Ok(data) => data,
        Err(error) => return Ok(format!("\n{error}\n")),
    };
    let options = PromptOptions { limit: Some(prompts), ..PromptOptions::default() };
    let mut text = String::new();
    for instance in task.prompts(&data, &options).map_err(EvalError::from)? {
        let instance = instance.map_err(EvalError::from)?;
        let _ = writeln!(text, "\ndocument {}, target {}", instance.doc.id, instance.target);
        for request in &instance.requests {
            let (prompt, continuation) = match &request.kind {
                RequestKind::Loglikelihood { context, continuation } => {
                    (&context.text, continuation.as_str())
                }
                RequestKind::Generate { context, .. } => (&context.text, ""),
                RequestKind::Rolling { text } => (text, ""),
            };
            let _ = writeln!(text, "--- {:?}\n{prompt}▮{continuation}", request.role);
        }
    }
    Ok(text)
}

/// Prints every mistake with file, line and key, and how many files load.
fn validate(paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let mut registry = Registry::default();
    let mut files = 0;
    for path in paths {
        files += include(&mut registry, path).map_err(EvalError::from)?;
    }
    let problems = registry.problems();
    let mut text = String::new();
    for (_, errors) in &problems {
        let _ = writeln!(text, "{errors}");
    }
    let (tasks, groups) = (registry.names().count(), registry.group_names().count());
    let _ = writeln!(
        text,
        "{files} files: {tasks} tasks, {groups} groups, {} with mistakes",
        problems.len()
    );
    output::print(&text)?;
    Ok(if problems.is_empty() { Exit::Success } else { Exit::Unusable })
}

fn include(registry: &mut Registry, path: &Path) -> Result<usize, RegistryError> {
    registry.include(path)
}
