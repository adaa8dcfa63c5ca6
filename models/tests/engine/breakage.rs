//! Good checkpoints, broken in one place, and what is said about them.

use std::fs;
use std::path::Path;

use harness_models::synthetic::SyntheticOptions;
use harness_models::{LoadOptions, inspect, load};
use serde_json::Value;
use tempfile::TempDir;

use crate::configs::{qwen3_moe, with};
use crate::support::checkpoint;

pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// What both `inspect` and `load` say about a folder.
pub(crate) fn complaint(dir: &Path) -> String {
    let text = inspect(dir).expect_err("a broken checkpoint was accepted").to_string();
    let loaded = load(dir, &LoadOptions::default()).err().map(|e| e.to_string());
    assert_eq!(loaded.as_deref(), Some(text.as_str()));
    text
}

#[track_caller]
pub(crate) fn complains(dir: &Path, parts: &[&str]) {
    let text = complaint(dir);
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

pub(crate) fn good() -> TempDir {
    checkpoint(&qwen3_moe(), SyntheticOptions::default())
}

/// A good checkpoint with other keys in its config.
pub(crate) fn with_config(changes: &Value) -> TempDir {
    let dir = good();
    let config = with(qwen3_moe(), changes);
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    dir
}

/// A good checkpoint with other bytes in its weight file.
pub(crate) fn with_weights(change: impl FnOnce(&mut Vec<u8>)) -> TempDir {
    let dir = good();
    let mut bytes = fs::read(dir.path().join(WEIGHTS)).unwrap();
    change(&mut bytes);
    fs::write(dir.path().join(WEIGHTS), bytes).unwrap();
    dir
}

/// A weight file of a given header and as many bytes of data.
pub(crate) fn with_header(header: &str, data: usize) -> TempDir {
    with_weights(|bytes| {
        *bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
    })
}

pub(crate) fn old_header_length(dir: &Path) -> usize {
    let bytes = fs::read(dir.join(WEIGHTS)).unwrap();
    8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize
}

pub(crate) fn header_of(dir: &Path) -> Value {
    let bytes = fs::read(dir.join(WEIGHTS)).unwrap();
    serde_json::from_slice(&bytes[8..old_header_length(dir)]).unwrap()
}

pub(crate) fn sharded() -> TempDir {
    checkpoint(&qwen3_moe(), SyntheticOptions { shards: 3, ..Default::default() })
}

/// A sharded checkpoint with a changed `weight_map`.
pub(crate) fn with_index(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> TempDir {
    let dir = sharded();
    let path = dir.path().join(INDEX);
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(index["weight_map"].as_object_mut().unwrap());
    fs::write(path, index.to_string()).unwrap();
    dir
}
