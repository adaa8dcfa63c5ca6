//! Reading a task file and what it includes.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::yaml::{Node, NodeValue, parse, strings};
use super::{ConfigError, ConfigErrors, Position, Problem};

/// The deepest chain of includes.
const MAX_INCLUDES: usize = 16;
/// The most bytes read of one file; one more than the parser takes.
const MAX_READ: u64 = (4 << 20) + 1;

/// A place that task files are read from.
pub trait TaskFiles {
    /// The text of a file.
    ///
    /// # Errors
    /// What the system says, in words.
    fn read(&self, path: &Path) -> Result<String, String>;
}

/// Task files on disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl TaskFiles for Disk {
    fn read(&self, path: &Path) -> Result<String, String> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_READ).read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("line {line} is not valid UTF-8")
        })
    }
}

/// Reads a task file with everything that it includes, as
/// lm-evaluation-harness merges them (`lm_eval/tasks/_yaml_loader.py`): later
/// includes win over earlier ones, the file's own keys over all.
///
/// # Errors
/// Every mistake of the first file that has any.
pub fn read_merged(files: &dyn TaskFiles, path: &Path) -> Result<Node, ConfigErrors> {
    read_level(files, path, &mut Vec::new())
}

fn read_level(
    files: &dyn TaskFiles,
    path: &Path,
    open: &mut Vec<PathBuf>,
) -> Result<Node, ConfigErrors> {
    let file: Arc<str> = path.display().to_string().into();
    let start = Position { file: Arc::clone(&file), line: 1 };
    let text = files.read(path).map_err(|reason| ConfigError {
        at: start.clone(),
        problem: Problem::Unreadable(reason),
    })?;
    let node =
        parse(text.strip_prefix('\u{feff}').unwrap_or(&text), &file).map_err(ConfigErrors)?;
    let found = node.kind();
    let NodeValue::Map(own) = node.value else {
        let problem = Problem::WrongType { key: "(the file)".into(), expected: "a mapping", found };
        return Err(ConfigError { at: start, problem }.into());
    };
    open.push(path.to_owned());
    let merged = merge(files, path, own, open)?;
    open.pop();
    Ok(Node { at: start, tag: None, value: NodeValue::Map(merged) })
}

fn merge(
    files: &dyn TaskFiles,
    path: &Path,
    mut own: Vec<(Node, Node)>,
    open: &mut Vec<PathBuf>,
) -> Result<Vec<(Node, Node)>, ConfigErrors> {
    let Some(at) = own.iter().position(|(key, _)| key.as_str() == Some("include")) else {
        return Ok(own);
    };
    let (key, includes) = own.remove(at);
    let mut merged = Vec::new();
    for include in includes_of(&key, &includes)? {
        let target = resolve(path, &include);
        let included = read_include(files, &includes.at, &include, &target, open)?;
        update(&mut merged, included);
    }
    merged.retain(|(key, _)| key.as_str() != Some("task_list"));
    update(&mut merged, own);
    Ok(merged)
}

fn includes_of(key: &Node, includes: &Node) -> Result<Vec<String>, ConfigError> {
    if includes.is_null() {
        return Ok(Vec::new());
    }
    strings(includes).ok_or_else(|| ConfigError {
        at: key.at.clone(),
        problem: Problem::WrongType {
            key: "include".into(),
            expected: "a path or a list of paths",
            found: includes.kind(),
        },
    })
}

fn read_include(
    files: &dyn TaskFiles,
    at: &Position,
    include: &str,
    target: &Path,
    open: &mut Vec<PathBuf>,
) -> Result<Vec<(Node, Node)>, ConfigErrors> {
    let fail = |problem| Err(ConfigError { at: at.clone(), problem }.into());
    if open.iter().any(|path| path == target) || open.len() >= MAX_INCLUDES {
        return fail(Problem::IncludeCycle { path: include.to_owned() });
    }
    if let Err(reason) = files.read(target) {
        return fail(Problem::Include { path: include.to_owned(), reason });
    }
    match read_level(files, target, open)?.value {
        NodeValue::Map(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

/// The included file, beside the file that includes it, without `..`.
fn resolve(from: &Path, include: &str) -> PathBuf {
    let joined = from.parent().unwrap_or(Path::new("")).join(include);
    let mut resolved = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::ParentDir if resolved.file_name().is_some() => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

/// Python's `dict.update`: existing keys keep their place.
pub(crate) fn update(entries: &mut Vec<(Node, Node)>, newer: Vec<(Node, Node)>) {
    for (key, value) in newer {
        match entries.iter_mut().find(|(earlier, _)| earlier.key() == key.key()) {
            Some(entry) => *entry = (key, value),
            None => entries.push((key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    struct Memory(HashMap<&'static str, &'static str>);

    impl TaskFiles for Memory {
        fn read(&self, path: &Path) -> Result<String, String> {
            let text = path.to_str().and_then(|path| self.0.get(path));
            text.map(ToString::to_string).ok_or_else(|| "not found".to_owned())
        }
    }

    fn read(files: &[(&'static str, &'static str)]) -> Result<Node, String> {
        let memory = Memory(files.iter().copied().collect());
        read_merged(&memory, Path::new("a/x.yaml")).map_err(|errors| errors.to_string())
    }

    #[test]
    fn own_keys_win_over_included_ones() {
        let node = read(&[
            ("a/x.yaml", "include: [../b/base, other]\nk: own\n"),
            ("b/base", "k: base\nm: base\nn: base\ntask_list: []\n"),
            ("a/other", "m: other\n"),
        ])
        .expect("reads");
        assert_eq!(node.to_json(), json!({"k": "own", "m": "other", "n": "base"}));
    }

    #[test]
    fn positions_keep_their_file() {
        let node = read(&[("a/x.yaml", "include: y\nk: 1\n"), ("a/y", "\nm: 2\n")]).expect("reads");
        let NodeValue::Map(entries) = node.value else { panic!("a mapping") };
        assert_eq!(entries[0].0.at.to_string(), "a/y:2");
        assert_eq!(entries[1].0.at.to_string(), "a/x.yaml:2");
    }

    #[test]
    fn what_cannot_be_included_is_named() {
        assert_eq!(
            read(&[("a/x.yaml", "k: 1\ninclude: y\n")]),
            Err("a/x.yaml:2: include `y` cannot be read: not found".into())
        );
        assert_eq!(
            read(&[("a/x.yaml", "include: y\n"), ("a/y", "include: x.yaml\n")]),
            Err("a/y:1: include `x.yaml` leads back to a file that is being included: break the cycle".into())
        );
        assert_eq!(
            read(&[("a/x.yaml", "- 1\n")]),
            Err("a/x.yaml:1: key `(the file)` must be a mapping, but is a list".into())
        );
    }

    #[test]
    fn two_files_may_include_the_same_base() {
        let files = [
            ("a/x.yaml", "include: [y, z]\n"),
            ("a/y", "include: base\n"),
            ("a/z", "include: base\n"),
            ("a/base", "k: 1\n"),
        ];
        assert_eq!(read(&files).expect("reads").to_json(), json!({"k": 1}));
    }
}
