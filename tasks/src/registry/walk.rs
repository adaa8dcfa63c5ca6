//! The task files of a folder.

use std::path::{Path, PathBuf};

use super::RegistryError;

/// Folders that are passed over, as in lm-evaluation-harness.
const IGNORED: [&str; 2] = ["__pycache__", ".ipynb_checkpoints"];
/// The deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// Every `*.yaml` file of a folder and the folders in it, sorted; or the file
/// itself.
pub(super) fn task_files(path: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), RegistryError> {
    let fail = |error: std::io::Error| RegistryError::Folder {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    for entry in folder.read_dir().map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && depth < MAX_DEPTH && !IGNORED.contains(&name) {
            collect(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}
