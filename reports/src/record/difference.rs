//! Whether a command continues a record or describes another run.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::Difference;
use crate::manifest::{GroupManifest, Manifest, ModelManifest, TaskManifest};

/// Fields that may change between two sessions of a run, because no score, prompt or count
/// depends on them. Everything else must be equal.
const DESCRIPTIVE_RUN: [&str; 1] = ["harness_version"];
const DESCRIPTIVE_MODEL: [&str; 6] = ["source", "stage", "family", "parent", "compare_to", "loss"];
const DESCRIPTIVE_TASK: [&str; 8] = [
    "answer_options",
    "card",
    "category",
    "headline",
    "language",
    "missing",
    "probe",
    "stand_in_for",
];

/// The manifest of the record continued by the command, or every field in which they differ.
/// Models and tasks may be added, and a task whose data were missing may become present.
pub(super) fn join(old: &Manifest, new: &Manifest) -> Result<Manifest, Vec<Difference>> {
    let mut differences = leaves("run", &old.run, &new.run, &DESCRIPTIVE_RUN);
    for (alias, model) in &new.models {
        let before = old.models.get(alias).into_iter();
        differences.extend(before.flat_map(|b| compare_models(alias, b, model)));
    }
    for (name, task) in &new.tasks {
        let before = old.tasks.get(name).into_iter();
        differences.extend(before.flat_map(|b| compare_tasks(name, b, task)));
    }
    if differences.is_empty() { Ok(union(old, new)) } else { Err(differences) }
}

fn compare_models(alias: &str, old: &ModelManifest, new: &ModelManifest) -> Vec<Difference> {
    leaves(&format!("models.{alias}"), old, new, &DESCRIPTIVE_MODEL)
}

fn compare_tasks(name: &str, old: &TaskManifest, new: &TaskManifest) -> Vec<Difference> {
    let field = format!("tasks.{name}");
    match (&old.missing, &new.missing) {
        (Some(_), None) => Vec::new(),
        (None, Some(missing)) => {
            let (field, new) = (format!("{field}.data"), format!("none: {missing}"));
            vec![Difference { field, old: "data".to_owned(), new }]
        }
        _ => leaves(&field, old, new, &DESCRIPTIVE_TASK),
    }
}

fn union(old: &Manifest, new: &Manifest) -> Manifest {
    let groups = |manifest: &Manifest| -> IndexMap<String, GroupManifest> {
        manifest.groups.iter().map(|group| (group.name.clone(), group.clone())).collect()
    };
    Manifest {
        run: new.run.clone(),
        models: newest(&old.models, &new.models),
        tasks: newest(&old.tasks, &new.tasks),
        groups: newest(&groups(old), &groups(new)).into_values().collect(),
    }
}

/// Old keys in their order, then added ones; the newer value of each.
fn newest<T: Clone>(old: &IndexMap<String, T>, new: &IndexMap<String, T>) -> IndexMap<String, T> {
    let mut all = old.clone();
    all.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
    all
}

fn leaves<T: Serialize>(field: &str, old: &T, new: &T, except: &[&str]) -> Vec<Difference> {
    let fields = |manifest: &T| match serde_json::to_value(manifest) {
        Ok(Value::Object(mut fields)) => {
            fields.retain(|key, _| !except.contains(&key.as_str()));
            Value::Object(fields)
        }
        other => other.unwrap_or_default(),
    };
    let mut differences = Vec::new();
    walk(field, &fields(old), &fields(new), &mut differences);
    differences
}

/// Descends as long as both sides are maps, so that a difference names its innermost key.
fn walk(field: &str, old: &Value, new: &Value, differences: &mut Vec<Difference>) {
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                let side = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or_default()
                };
                walk(&format!("{field}.{key}"), &side(a), &side(b), differences);
            }
        }
        _ if old == new => {}
        _ => differences.push(Difference {
            field: field.to_owned(),
            old: short(old),
            new: short(new),
        }),
    }
}

/// A value as people read it, cut to a line.
fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match printable.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &printable[..end]),
        None => printable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn fields(old: &Manifest, new: &Manifest) -> Vec<String> {
        join(old, new)
            .unwrap_err()
            .into_iter()
            .map(|d| format!("{}: {} / {}", d.field, d.old, d.new))
            .collect()
    }

    #[test]
    fn what_describes_may_change() {
        let old = testing::manifest();
        let mut new = old.clone();
        new.run.harness_version = "9.9.9".to_owned();
        new.models[0].source = "/elsewhere".to_owned();
        new.tasks[0].category = None;
        assert_eq!(join(&old, &new), Ok(new));
    }

    #[test]
    fn what_identifies_may_not_and_is_listed_whole() {
        let old = testing::manifest();
        let mut new = old.clone();
        new.run.dtype = "bf16".to_owned();
        new.run.limit = None;
        new.models[0].weights_digest = "other".to_owned();
        new.tasks[0].config = serde_json::json!({"task": "snli", "num_fewshot": 5});
        let expected = [
            "run.dtype: f32 / bf16",
            "run.limit: 4 / nothing",
            "models.cpt.weights_digest: w-cpt / other",
            "tasks.heb_snli.config.num_fewshot: nothing / 5",
        ];
        let found = fields(&old, &new);
        assert!(expected.iter().all(|line| found.contains(&(*line).to_owned())), "{found:#?}");
    }

    #[test]
    fn models_and_tasks_may_be_added_and_left_out() {
        let whole = testing::manifest();
        let mut part = whole.clone();
        part.models.shift_remove("base");
        part.tasks.truncate(1);
        part.groups.clear();
        let joined = join(&part, &whole).unwrap();
        assert_eq!(joined.models.keys().collect::<Vec<_>>(), ["cpt", "base"]);
        assert_eq!(joined.groups, whole.groups);
        assert_eq!(join(&whole, &part), Ok(whole));
    }

    #[test]
    fn missing_data_may_come_but_not_go() {
        let mut without = testing::manifest();
        let with = without.clone();
        without.tasks[0].missing = Some("no file".to_owned());
        without.tasks[0].data_digest = None;
        assert_eq!(join(&without, &with), Ok(with.clone()));
        assert_eq!(fields(&with, &without), ["tasks.heb_snli.data: data / none: no file"]);
    }
}
