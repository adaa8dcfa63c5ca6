//! `dataset_path`, `dataset_name` and `dataset_kwargs`.

use std::path::Path;

use serde_json::{Map, Value};

use super::Problem;
use super::yaml::Section;
use crate::data::{DatasetRef, JoinRef};

/// Reads where the documents are.
pub(super) fn take(section: &mut Section, kwargs: Option<&Map<String, Value>>) -> DatasetRef {
    let empty = Map::new();
    let kwargs = kwargs.unwrap_or(&empty);
    let text = |key: &str| kwargs.get(key).and_then(Value::as_str).map(str::to_owned);
    let base = Path::new(&*section.position().file).parent().map(Path::to_owned);
    DatasetRef {
        path: section.string("dataset_path").unwrap_or_default(),
        name: section.text("dataset_name"),
        revision: text("revision"),
        data_files: data_files(kwargs.get("data_files"), section),
        base,
        join: kwargs.get("join").and_then(|join| join_of(join, section)),
    }
}

/// `data_files`: one path, a list of paths, or paths by split.
fn data_files(value: Option<&Value>, section: &mut Section) -> Vec<(String, Vec<String>)> {
    let Some(value) = value else { return Vec::new() };
    let files = match value {
        Value::Object(splits) => splits
            .iter()
            .map(|(split, paths)| paths_of(paths).map(|paths| (split.clone(), paths)))
            .collect(),
        other => paths_of(other).map(|paths| vec![("train".to_owned(), paths)]),
    };
    files.unwrap_or_else(|| {
        fail(
            section,
            "dataset_kwargs.data_files",
            "write a path, a list of paths, or either by split",
        );
        Vec::new()
    })
}

fn paths_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(path) => Some(vec![path.clone()]),
        Value::Array(paths) => paths.iter().map(|path| path.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// `join: {path, name, on}`, our one extension of the schema.
fn join_of(value: &Value, section: &mut Section) -> Option<JoinRef> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match (text("path"), text("on")) {
        (Some(path), Some(on)) => Some(JoinRef { path, name: text("name"), on }),
        _ => {
            fail(
                section,
                "dataset_kwargs.join",
                "write `{path: owner/name, name: config, on: column}`",
            );
            None
        }
    }
}

fn fail(section: &mut Section, key: &str, advice: &str) {
    let at = section.position();
    section.fail(at, Problem::Value { key: key.to_owned(), advice: advice.to_owned() });
}
