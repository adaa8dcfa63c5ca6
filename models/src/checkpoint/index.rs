//! Which weight files a checkpoint folder consists of.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::Problem;
use crate::config::read_json;

pub(crate) const SINGLE: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// `weight_map` of the index: file of every tensor.
pub(crate) type WeightMap = BTreeMap<String, String>;

/// Reads the index.
pub(crate) fn read_index(dir: &Path) -> Result<WeightMap, Problem> {
    weight_map(&read_json(dir, INDEX)?)
}

/// Takes the map out of an index.
pub(crate) fn weight_map(index: &Value) -> Result<WeightMap, Problem> {
    let expected = "an object `weight_map` of tensor names and file names";
    let broken = || problem(format!("expected {expected}"));
    let map = index.get("weight_map").and_then(Value::as_object).ok_or_else(broken)?;
    let entry = |(name, file): (&String, &Value)| Some((name.clone(), file.as_str()?.to_owned()));
    map.iter().map(entry).collect::<Option<_>>().ok_or_else(broken)
}

/// A problem of the index.
pub(crate) fn problem(reason: impl Into<String>) -> Problem {
    Problem::Index { file: INDEX.into(), reason: reason.into() }
}

/// The path of a shard, which must lie inside the folder and lead to a file there.
///
/// Links are followed as far as the checkpoint's own folder, or its repository in a Hugging Face
/// cache (`models--…/snapshots/REVISION` links to `models--…/blobs`).
pub(crate) fn shard_path(dir: &Path, file: &str) -> Result<PathBuf, String> {
    let plain = Path::new(file).components().all(|c| matches!(c, Component::Normal(_)));
    if !plain || file.is_empty() {
        return Err("leads outside the folder; refused".into());
    }
    let root = dir.canonicalize().map_err(|e| e.to_string())?;
    let path = root.join(file).canonicalize().map_err(|e| missing(&e))?;
    if path.starts_with(&root) || cache_root(&root).is_some_and(|cache| path.starts_with(cache)) {
        return Ok(path);
    }
    Err(format!(
        "links to {}, outside the folder; refused (name that folder instead)",
        path.display()
    ))
}

fn missing(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is missing".into(),
        _ => error.to_string(),
    }
}

/// The repository folder that holds this snapshot, in a Hugging Face cache.
fn cache_root(snapshot: &Path) -> Option<&Path> {
    let snapshots = snapshot.parent()?;
    let repository = snapshots.parent()?;
    let named = repository.file_name()?.to_str()?.starts_with("models--");
    (snapshots.file_name()? == "snapshots" && named).then_some(repository)
}
