//! Whether two models were asked the same.

use serde_json::Value;

use crate::manifest::{Manifest, RunManifest, TaskManifest};
use crate::summary::Cell;

/// What differs between the ways in which two runs ask a task, as `field: this / that`; empty when
/// their scores may stand in one table. The documents may differ: they are paired.
#[must_use]
pub fn differing_settings(old: &Manifest, new: &Manifest, task: &str) -> Vec<String> {
    let (Some(old_task), Some(new_task)) = (old.tasks.get(task), new.tasks.get(task)) else {
        return vec![format!("{task} is not part of both runs")];
    };
    let fields = task_fields(old_task).into_iter().chain(run_fields(&old.run));
    let others = task_fields(new_task).into_iter().chain(run_fields(&new.run));
    let differing = fields.zip(others).filter(|((_, old), (_, new))| old != new);
    differing
        .map(|((field, old), (_, new))| format!("{field}: {} / {}", short(&old), short(&new)))
        .collect()
}

/// Whether prompts that should be equal are not: without chat templates, two models that were asked
/// the same documents must have had the same prompts.
#[must_use]
pub fn differing_prompts(old: (&Manifest, &Cell), new: (&Manifest, &Cell)) -> bool {
    let templates = old.0.run.chat_template || new.0.run.chat_template;
    let same_documents = old.1.documents == new.1.documents;
    !templates && same_documents && old.1.prompts_hash != new.1.prompts_hash
}

fn task_fields(task: &TaskManifest) -> Vec<(&'static str, Value)> {
    vec![
        ("version", task.version.clone().into()),
        ("task digest", task.task_digest.clone().into()),
        ("data digest", task.data_digest.clone().into()),
        ("shots", task.num_fewshot.into()),
    ]
}

fn run_fields(run: &RunManifest) -> Vec<(&'static str, Value)> {
    vec![
        ("scoring version", run.scoring_version.into()),
        ("few-shot seed", run.seed.into()),
        ("longest sequence", run.max_length.into()),
        ("chat template", run.chat_template.into()),
        ("system instruction", run.system_instruction.clone().into()),
        ("shots as turns", run.fewshot_as_multiturn.into()),
        ("generation options", run.gen_kwargs.clone().into()),
    ]
}

/// A value, digests by their beginning.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.chars().take(16).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn what_changes_the_question_is_named() {
        let old = testing::manifest();
        let mut new = old.clone();
        assert!(differing_settings(&old, &new, "heb_snli").is_empty());
        new.tasks["heb_snli"].version = "2.0".to_owned();
        new.run.num_fewshot = Some(3);
        new.run.system_instruction = Some("Answer.".to_owned());
        assert_eq!(
            differing_settings(&old, &new, "heb_snli"),
            ["version: 1.0 / 2.0", "system instruction: none / Answer."]
        );
        assert_eq!(differing_settings(&old, &new, "other"), ["other is not part of both runs"]);
    }
}
