//! What a task file as a whole must say.

use super::yaml::Section;
use super::{OutputType, Problem, TaskConfig};

/// The keys of a task that a group may set for its members.
pub(super) const TASK_KEYS: [&str; 27] = [
    "tag",
    "task_alias",
    "dataset_path",
    "dataset_name",
    "dataset_kwargs",
    "training_split",
    "validation_split",
    "test_split",
    "fewshot_split",
    "process_docs",
    "doc_to_text",
    "doc_to_target",
    "doc_to_choice",
    "process_results",
    "description",
    "target_delimiter",
    "fewshot_delimiter",
    "fewshot_config",
    "num_fewshot",
    "metric_list",
    "output_type",
    "generation_kwargs",
    "repeats",
    "filter_list",
    "should_decontaminate",
    "doc_to_decontamination_query",
    "gen_prefix",
];

/// Notes what is missing, and what is there but cannot be honoured.
pub(super) fn check(config: &TaskConfig, section: &mut Section) {
    unsupported(section);
    let rolling = config.output_type == OutputType::LoglikelihoodRolling;
    let choice = config.output_type == OutputType::MultipleChoice;
    let needs = [
        (true, "task", "give the task a name"),
        (true, "dataset_path", "name the dataset, as `owner/name`"),
        (true, "doc_to_target", "say what the right answer is"),
        (!rolling, "doc_to_text", "say what is asked"),
        (choice, "doc_to_choice", "multiple choice needs choices"),
        (
            config.eval_split().is_none() && !section.has("validation_split"),
            "test_split",
            "name the split to evaluate, or a `validation_split`",
        ),
    ];
    for (needed, key, advice) in needs {
        if needed && !section.has(key) {
            let at = section.position();
            section.fail(at, Problem::Missing { key: key.to_owned(), advice });
        }
    }
}

fn unsupported(section: &mut Section) {
    section.unsupported("class", "tasks that are Python classes cannot be run");
    section.unsupported("custom_dataset", "datasets that are Python functions cannot be run");
    section
        .unsupported("use_prompt", "promptsource prompts are not available; write `doc_to_text`");
    section.unsupported("doc_to_image", "only text is asked");
    section.unsupported("doc_to_audio", "only text is asked");
    section.unsupported("unsafe_code", "code that a model wrote is never run");
    let _ = section.take("group");
    let _ = section.take("task_list");
}
