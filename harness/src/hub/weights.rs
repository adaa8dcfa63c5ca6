use std::collections::BTreeSet;
use std::path::Path;

use super::HubError;
use super::path::inside;

/// The weights in one file.
pub(super) const SINGLE: &str = "model.safetensors";
/// The list of shards, where they are many.
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// The shards that an index names, sorted.
///
/// # Errors
/// [`HubError::Unusable`] if it is no index, [`HubError::Refused`] if a shard lies outside the repository.
pub(super) fn shards(index: &Path) -> Result<Vec<String>, HubError> {
    let text = std::fs::read_to_string(index).map_err(HubError::io(index))?;
    let unusable =
        |reason: String| HubError::Unusable { repository: index.display().to_string(), reason };
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| unusable(format!("not JSON: {error}")))?;
    let map = json.get("weight_map").and_then(|map| map.as_object());
    let map = map.ok_or_else(|| unusable("has no `weight_map` of tensors to files".to_owned()))?;
    let origin = index.display().to_string();
    let mut shards = BTreeSet::new();
    for (tensor, file) in map {
        let file = file.as_str();
        let file =
            file.ok_or_else(|| unusable(format!("weight_map.{tensor:?} is no file name")))?;
        shards.insert(inside(file, &origin)?.to_owned());
    }
    Ok(shards.into_iter().collect())
}

/// Why a repository without safetensors weights is refused.
pub(super) fn no_weights(names: &[String]) -> String {
    let pickled =
        |name: &&String| [".bin", ".pt", ".pth", ".ckpt"].iter().any(|end| name.ends_with(end));
    match names.iter().find(pickled) {
        Some(name) => format!(
            "its weights are pickled ({name}), and reading a pickle runs the code in it; use a revision or a copy with {SINGLE}"
        ),
        None => format!("has neither {SINGLE} nor {INDEX}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, HubError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(INDEX);
        std::fs::write(&path, text).unwrap();
        shards(&path)
    }

    #[test]
    fn shards_are_listed_once() {
        let text =
            r#"{"weight_map": {"x": "b.safetensors", "y": "a.safetensors", "z": "a.safetensors"}}"#;
        assert_eq!(read(text).unwrap(), ["a.safetensors", "b.safetensors"]);
    }

    #[test]
    fn bad_indexes_are_errors() {
        let outside = r#"{"weight_map": {"x": "../../etc/x"}}"#;
        assert!(matches!(read(outside), Err(HubError::Refused { .. })));
        for text in ["{", "{}", r#"{"weight_map": {"x": 1}}"#] {
            assert!(matches!(read(text), Err(HubError::Unusable { .. })), "{text}");
        }
    }

    #[test]
    fn pickles_are_named() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert!(
            no_weights(&names(&["config.json", "pytorch_model.bin"])).contains("pytorch_model.bin")
        );
        assert!(no_weights(&names(&["config.json"])).contains(INDEX));
    }
}
