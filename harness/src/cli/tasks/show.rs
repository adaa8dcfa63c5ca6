//! `harness tasks show`.

use std::fmt::Write;
use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{PromptOptions, RequestKind, Task};

use crate::cli::error::CommandError;
use crate::eval::EvalError;

/// A task's card and its first prompts.
pub(super) fn text(
    task: &Task,
    data_dir: Option<&Path>,
    prompts: usize,
) -> Result<String, CommandError> {
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
