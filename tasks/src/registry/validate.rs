//! Checking task files without a model or data.

use std::path::{Path, PathBuf};

use super::index::{Registry, text, value};
use super::{RegistryError, walk};
use crate::config::{
    ConfigError, ConfigErrors, Disk, GroupConfig, Node, NodeValue, Problem, read_merged,
};
use crate::task::Task;

/// What a file defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A task.
    Task,
    /// A group of tasks.
    Group,
    /// Nothing by itself: others include it.
    Part,
}

/// A task file and what is wrong with it.
#[derive(Clone, Debug)]
pub struct CheckedFile {
    /// The file.
    pub path: PathBuf,
    /// What it defines; a part if it cannot be read.
    pub kind: FileKind,
    /// Whether it, or a file that it includes, names a Python function.
    pub names_functions: bool,
    /// Its mistakes, and those of the files that it includes.
    pub mistakes: Vec<ConfigError>,
}

/// Checks the task files of folders, each by itself: templates compile,
/// metrics, filters and functions exist, and the members of groups are among
/// these files or in the library. A file that others include is checked with
/// them.
///
/// # Errors
/// [`RegistryError::Folder`] if a folder cannot be read.
pub fn validate(paths: &[PathBuf]) -> Result<Vec<CheckedFile>, RegistryError> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(walk::task_files(path)?);
    }
    let read: Vec<(PathBuf, Result<Node, ConfigErrors>)> =
        files.into_iter().map(|file| (file.clone(), read_merged(&Disk, &file))).collect();
    let mut registry = Registry::builtin();
    for node in read.iter().filter_map(|(_, node)| node.as_ref().ok()) {
        registry.add_node(node.clone());
    }
    Ok(read.into_iter().map(|(path, node)| check(&path, node, &registry)).collect())
}

fn check(path: &Path, node: Result<Node, ConfigErrors>, registry: &Registry) -> CheckedFile {
    let path = path.to_owned();
    let node = match node {
        Ok(node) => node,
        Err(ConfigErrors(mistakes)) => {
            return CheckedFile { path, kind: FileKind::Part, names_functions: false, mistakes };
        }
    };
    let names_functions = names_function(&node);
    let (kind, mistakes) = mistakes_of(node, registry);
    CheckedFile { path, kind, names_functions, mistakes }
}

fn mistakes_of(node: Node, registry: &Registry) -> (FileKind, Vec<ConfigError>) {
    let list = |errors: Option<ConfigErrors>| errors.map_or_else(Vec::new, |errors| errors.0);
    if text(&node, "group").is_some() {
        let mut mistakes = Vec::new();
        absent_members(&node, registry, &mut mistakes);
        mistakes.extend(list(GroupConfig::read(node).err()));
        (FileKind::Group, mistakes)
    } else if text(&node, "task").is_some() {
        (FileKind::Task, list(Task::build(node).err()))
    } else {
        (FileKind::Part, Vec::new())
    }
}

fn names_function(node: &Node) -> bool {
    node.is_function()
        || match &node.value {
            NodeValue::Scalar(_) => false,
            NodeValue::List(items) => items.iter().any(names_function),
            NodeValue::Map(entries) => entries.iter().any(|(_, value)| names_function(value)),
        }
}

/// Notes the members of a group, and of those inside it, that do not exist.
fn absent_members(group: &Node, registry: &Registry, mistakes: &mut Vec<ConfigError>) {
    let Some(members) = value(group, "task") else { return };
    let members = match &members.value {
        NodeValue::List(items) => items.iter().collect(),
        _ => vec![members],
    };
    for member in members {
        if value(member, "group").is_some() {
            absent_members(member, registry, mistakes);
        } else if let Some(name) = member_name(member)
            && !registry.knows(&name)
        {
            let hint = registry.hint(&name);
            let advice = format!("there is no task, group or tag `{name}`{hint}");
            let problem = Problem::Value { key: "task".to_owned(), advice };
            mistakes.push(ConfigError { at: member.at.clone(), problem });
        }
    }
}

/// The name of a member that is defined elsewhere.
fn member_name(member: &Node) -> Option<String> {
    match &member.value {
        NodeValue::Map(entries) if entries.len() > 1 => None,
        NodeValue::Map(_) => text(member, "task"),
        _ => member.as_str().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TASK: &str = "dataset_path: o/d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";

    fn checked(files: &[(&str, &str)]) -> Vec<CheckedFile> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        validate(&[folder.path().to_owned()]).unwrap()
    }

    fn told(file: &CheckedFile) -> Vec<String> {
        let told = |mistake: &ConfigError| {
            let text = mistake.to_string();
            text.rsplit_once('/').map_or(text.clone(), |(_, rest)| rest.to_owned())
        };
        file.mistakes.iter().map(told).collect()
    }

    #[test]
    fn files_are_counted_by_kind_and_functions() {
        let own = format!("task: own\n{TASK}");
        let python = format!("task: python\n{TASK}process_docs: !function utils.process\n");
        let known = format!("task: known\n{TASK}process_docs: !function hellaswag.process_docs\n");
        let files = checked(&[
            ("own.yaml", &own),
            ("python.yaml", &python),
            ("known.yaml", &known),
            ("part.yaml", "test_split: test\n"),
        ]);
        let found: Vec<_> = files
            .iter()
            .map(|file| (file.kind, file.names_functions, file.mistakes.is_empty()))
            .collect();
        assert_eq!(
            found,
            [
                (FileKind::Task, true, true),
                (FileKind::Task, false, true),
                (FileKind::Part, false, true),
                (FileKind::Task, true, false),
            ]
        );
        assert!(told(&files[3])[0].contains("there is no function `utils.process`"));
    }

    #[test]
    fn members_of_groups_exist_somewhere() {
        let own = format!("task: own\ntag: t\n{TASK}");
        let group = "group: g\ntask:\n  - own\n  - t\n  - heb_lb_heq\n  - {task: owm}\n  \
                     - group: inner\n    task: [he-leaderbord]\n";
        let files = checked(&[("g.yaml", group), ("own.yaml", &own)]);
        assert_eq!(
            told(&files[0]),
            [
                "g.yaml:6: key `task`: there is no task, group or tag `owm`; did you mean `own`?",
                "g.yaml:8: key `task`: there is no task, group or tag `he-leaderbord`; did you mean `he-leaderboard`?",
            ]
        );
    }
}
