use std::sync::Arc;

use harness_tasks::data::{DataError, Folder, Locate};
use harness_tasks::{Group, PromptOptions, Registry, Selection, Task, TaskData};

use super::error::EvalError;
use super::options::EvalOptions;
use crate::hub::HubData;

/// A task that will have a row in the report.
#[derive(Debug)]
pub struct PreparedTask {
    /// The task.
    pub task: Arc<Task>,
    /// Its documents, or why there are none and how to get them.
    pub data: Result<TaskData, String>,
    /// The task whose place it takes because that one's data cannot be had.
    pub stand_in_for: Option<String>,
    /// Whether it runs as a group's routing probe only.
    pub probe: bool,
}

/// All tasks of a run, and the groups that they were selected by.
#[derive(Debug)]
pub struct Preparation {
    /// In the order of the command line; probes last.
    pub tasks: Vec<PreparedTask>,
    /// The groups asked for.
    pub groups: Vec<Group>,
}

impl Preparation {
    /// Tasks without data.
    pub fn missing(&self) -> impl Iterator<Item = &PreparedTask> {
        self.tasks.iter().filter(|task| task.data.is_err())
    }
}

/// Selects tasks, reads their data and renders every prompt once.
///
/// Data that are missing are no error: the task's stand-in is taken if the group names one whose data are there, and
/// otherwise the row says so. Data that are there and broken are one.
///
/// # Errors
/// [`EvalError`] naming the task file, the data file and line, or the document.
pub fn prepare_tasks(options: &EvalOptions) -> Result<Preparation, EvalError> {
    let mut registry = Registry::builtin();
    for folder in &options.include_paths {
        registry.include(folder)?;
    }
    let Selection { groups, tasks } = registry.select(&options.tasks)?;
    let mut loader = Loader::new(options, &registry);
    for task in tasks {
        loader.add(task, &groups)?;
    }
    if options.probe {
        for name in groups.iter().flat_map(|group| &group.routing_probe) {
            loader.add_probe(name)?;
        }
    }
    Ok(Preparation { tasks: loader.tasks, groups })
}

struct Loader<'a> {
    options: &'a EvalOptions,
    registry: &'a Registry,
    sources: Vec<Box<dyn Locate>>,
    tasks: Vec<PreparedTask>,
}

impl<'a> Loader<'a> {
    fn new(options: &'a EvalOptions, registry: &'a Registry) -> Self {
        let folder =
            options.data_dir.as_ref().map(|dir| Box::new(Folder::new(dir)) as Box<dyn Locate>);
        let hub: Box<dyn Locate> = Box::new(HubData::from_env());
        Self {
            options,
            registry,
            sources: folder.into_iter().chain([hub]).collect(),
            tasks: Vec::new(),
        }
    }

    fn add(&mut self, task: Arc<Task>, groups: &[Group]) -> Result<(), EvalError> {
        let data = self.load(&task)?;
        let stand_in = groups.iter().find_map(|group| group.stand_ins.get(task.name()));
        if let (Err(_), Some(stand_in)) = (&data, stand_in) {
            let stand_in = self.registry.task(stand_in)?;
            if let Ok(data) = self.load(&stand_in)? {
                let stand_in_for = Some(task.name().to_owned());
                self.tasks.push(PreparedTask {
                    task: stand_in,
                    data: Ok(data),
                    stand_in_for,
                    probe: false,
                });
                return Ok(());
            }
        }
        self.tasks.push(PreparedTask { task, data, stand_in_for: None, probe: false });
        Ok(())
    }

    fn add_probe(&mut self, name: &str) -> Result<(), EvalError> {
        if self.tasks.iter().any(|known| known.task.name() == name) {
            return Ok(());
        }
        let task = self.registry.task(name)?;
        let data = self.load(&task)?;
        self.tasks.push(PreparedTask { task, data, stand_in_for: None, probe: true });
        Ok(())
    }

    /// The first source that has the data; the reasons of all when none does.
    fn load(&self, task: &Task) -> Result<Result<TaskData, String>, EvalError> {
        let mut reasons = Vec::new();
        for source in &self.sources {
            match task.load_with(source.as_ref(), self.options.num_fewshot) {
                Ok(data) => {
                    check_prompts(task, &data, self.options)?;
                    return Ok(Ok(data));
                }
                Err(missing @ DataError::Missing { .. }) => reasons.push(missing.to_string()),
                Err(source) => {
                    return Err(EvalError::Data { task: task.name().to_owned(), source });
                }
            }
        }
        Ok(Err(reasons.join("; ")))
    }
}

/// Renders every prompt and looks every gold answer up: a missing column, a template error or an answer that is not
/// among the choices, in document 900, should not wait for a model.
fn check_prompts(task: &Task, data: &TaskData, options: &EvalOptions) -> Result<(), EvalError> {
    for warning in task.check(data)? {
        tracing::warn!("{}: {warning}", task.name());
    }
    let prompts = prompt_options(options, None);
    for instance in task.prompts(data, &prompts)? {
        instance?;
    }
    Ok(())
}

/// How prompts are built in this run.
pub fn prompt_options<'a>(
    options: &EvalOptions,
    chat: Option<&'a dyn harness_tasks::ChatTemplate>,
) -> PromptOptions<'a> {
    PromptOptions {
        limit: options.limit,
        num_fewshot: options.num_fewshot,
        seed: options.seed,
        system_instruction: options.system_instruction.clone(),
        chat,
        fewshot_as_multiturn: options.fewshot_as_multiturn && chat.is_some(),
    }
}
