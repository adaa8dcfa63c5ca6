//! Every task of the library: its card, its fixture, its exact prompts.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use harness_tasks::data::Folder;
use harness_tasks::{Context, Instance, PromptOptions, Registry, Request, RequestKind, Task};

use crate::fixtures;

/// The documents of a fixture that a snapshot shows.
const DOCUMENTS: usize = 3;

fn each(mut check: impl FnMut(&Task)) {
    let registry = Registry::builtin();
    for name in registry.names() {
        check(&registry.task(name).unwrap());
    }
}

#[test]
fn every_task_has_a_complete_card() {
    each(|task| {
        let (name, card) = (task.name(), task.card());
        for (key, text) in [
            ("asks", &card.asks),
            ("source", &card.source),
            ("licence", &card.licence),
            ("prompt", &card.prompt),
            ("scoring", &card.scoring),
        ] {
            assert!(!text.is_empty(), "{name}: metadata.card.{key} is empty");
        }
        assert!(task.category().is_some(), "{name} has no category");
        assert_ne!(task.language().question, "und", "{name} has no language");
        assert!(task.task_config().metadata.cluster.is_some(), "{name} has no cluster");
        assert_ne!(task.version(), "Yaml", "{name} has no version");
    });
}

/// What guessing gets is known of tasks that ask for a label or a letter, and is no part of what
/// is asked.
#[test]
fn tasks_of_written_labels_say_how_many_there_are() {
    let mut known = Vec::new();
    each(|task| {
        known.extend(task.answer_options().map(|count| (task.name().to_owned(), count)));
        let said = task.config()["metadata"].get("answer_options").is_some();
        assert!(!said, "{}: the digest would change", task.name());
    });
    let of = |name: &str| known.iter().find(|(task, _)| task == name).map(|(_, count)| *count);
    assert_eq!(
        (of("heb_lb_snli"), of("swallow_hellaswag"), of("heb_lb_heq")),
        (Some(3), Some(4), None)
    );
    assert_eq!(known.len(), 10, "{known:?}");
}

#[test]
fn file_names_are_task_names() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    each(|task| {
        let places = ["he", "ja", "probe"].map(|folder| library.join(folder));
        let file = format!("{}.yaml", task.name());
        assert!(places.iter().any(|place| place.join(&file).is_file()), "{file}");
    });
}

#[test]
fn probes_have_row_ids() {
    each(|task| {
        let probe = task.category().is_some_and(|category| category.name() == "probe");
        assert_eq!(probe, task.language().single().is_some() && task.row_id().is_some() && probe);
    });
}

#[test]
fn every_prompt_is_the_one_that_was_reviewed() {
    let source = Folder::new(fixtures());
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    each(|task| {
        let data = task.load(&source).unwrap_or_else(|error| panic!("{}: {error}", task.name()));
        task.check(&data).unwrap();
        let options = PromptOptions::default();
        let prompts = task.prompts(&data, &options).unwrap();
        let text: String =
            prompts.take(DOCUMENTS).map(|instance| told(&instance.unwrap())).collect();
        settings.bind(|| insta::assert_snapshot!(task.name(), text));
    });
}

#[test]
fn every_snapshot_has_its_task() {
    let registry = Registry::builtin();
    let names: BTreeSet<&str> = registry.names().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tasks/snapshots");
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.split('.').next().unwrap();
        assert!(names.contains(name), "{file} shows no task: remove it");
    }
}

/// A document's requests, to be read by people.
fn told(instance: &Instance) -> String {
    let Instance { doc, cluster, row_id, target, .. } = instance;
    let row = row_id.as_ref().map_or(String::new(), |row| format!(", row {row}"));
    let mut out = format!("==== document {}, cluster {cluster}{row}, target {target}\n", doc.id);
    let mut last = None;
    for Request { kind, role } in &instance.requests {
        match kind {
            RequestKind::Rolling { text } => {
                writeln!(out, "---- {role:?}, rolling\n{text}").unwrap();
            }
            RequestKind::Loglikelihood { context, continuation } => {
                if last != Some(context) {
                    out.push_str(&context_told(context));
                }
                last = Some(context);
                writeln!(out, "---- {role:?}: {continuation:?}").unwrap();
            }
            RequestKind::Generate { context, options } => {
                out.push_str(&context_told(context));
                let kwargs = serde_json::Value::from(options.raw.clone());
                writeln!(out, "---- {role:?}, generate {kwargs}").unwrap();
            }
        }
    }
    out
}

fn context_told(context: &Context) -> String {
    let Context { text, shots, question } = context;
    format!("---- context, shots {shots:?}, question {question:?}\n{text}\u{23ce}\n")
}
