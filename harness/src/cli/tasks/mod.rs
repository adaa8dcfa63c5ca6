//! `harness tasks`: the task library, and task files of others.

mod list;
mod markdown;
mod row;
mod show;
mod validate;

use harness_tasks::Registry;

use super::args::{TasksArgs, TasksCommand};
use super::error::CommandError;
use super::output;
use crate::config::Config;
use crate::eval::EvalError;
use crate::exit::Exit;

/// Lists, shows and checks tasks.
pub(super) fn run(args: &TasksArgs) -> Result<Exit, CommandError> {
    if let TasksCommand::Validate { paths } = &args.command {
        return validate::run(paths);
    }
    let config = Config::load(args.config.as_deref())?;
    let configured = || config.data.dir.as_deref().map(|dir| config.relative(dir));
    let data_dir = args.data_dir.clone().or_else(configured);
    let mut registry = Registry::builtin();
    for folder in &args.include_path {
        registry.include(folder).map_err(EvalError::from)?;
    }
    match &args.command {
        TasksCommand::List { json: true, .. } => {
            output::print_json(&list::json(&registry, data_dir.as_deref()))?;
        }
        TasksCommand::List { markdown: true, .. } => {
            output::print(&markdown::table(&registry)?)?;
        }
        TasksCommand::List { .. } => {
            output::print(&list::text(&registry, data_dir.as_deref()))?;
        }
        TasksCommand::Show { task, prompts } => {
            let task = registry.task(task).map_err(EvalError::from)?;
            output::print(&show::text(&task, data_dir.as_deref(), *prompts)?)?;
        }
        TasksCommand::Validate { .. } => {}
    }
    Ok(Exit::Success)
}
