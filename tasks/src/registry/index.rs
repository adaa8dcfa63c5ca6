//! What there is, by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::library::Library;
use super::{RegistryError, walk};
use crate::config::{ConfigErrors, Disk, GroupConfig, Node, NodeValue, TaskFiles, read_merged};
use crate::suggest;
use crate::task::Task;

/// Tasks, groups and tags by name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(super) entries: IndexMap<String, Entry>,
    pub(super) tags: BTreeMap<String, Vec<String>>,
    broken: Vec<(String, ConfigErrors)>,
}

/// What a file defines.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// A task's mapping, includes merged.
    Task(Node),
    /// A group's mapping, includes merged.
    Group(Node),
    /// A file that cannot be read as YAML.
    Broken(ConfigErrors),
}

impl Registry {
    /// The tasks that are compiled in.
    #[must_use]
    pub fn builtin() -> Self {
        let mut registry = Self::default();
        for path in Library::paths() {
            registry.add(&Library, Path::new(&path));
        }
        registry
    }

    /// Adds the task files of a folder and the folders in it; they win over
    /// equal names. Returns how many files there were.
    ///
    /// A file with mistakes is an error when one of its names is selected;
    /// [`Registry::problems`] tells them all.
    ///
    /// # Errors
    /// [`RegistryError::Folder`] if the folder cannot be read.
    pub fn include(&mut self, folder: &Path) -> Result<usize, RegistryError> {
        let files = walk::task_files(folder)?;
        for file in &files {
            self.add(&Disk, file);
        }
        Ok(files.len())
    }

    fn add(&mut self, files: &dyn TaskFiles, path: &Path) {
        match read_merged(files, path) {
            Ok(node) => self.add_node(node),
            Err(errors) => {
                let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
                self.broken.push((path.display().to_string(), errors.clone()));
                self.entries.entry(stem.to_owned()).or_insert(Entry::Broken(errors));
            }
        }
    }

    /// A file that defines neither a task nor a group is only included by
    /// others.
    pub(super) fn add_node(&mut self, node: Node) {
        if let Some(name) = text(&node, "group") {
            self.insert(name, Entry::Group(node));
        } else if let Some(name) = text(&node, "task") {
            for tag in tags(&node) {
                let tagged = self.tags.entry(tag).or_default();
                if !tagged.contains(&name) {
                    tagged.push(name.clone());
                }
            }
            self.insert(name, Entry::Task(node));
        }
    }

    fn insert(&mut self, name: String, entry: Entry) {
        if self.entries.contains_key(&name) {
            tracing::warn!("`{name}` is defined again; the later definition counts");
        }
        self.entries.insert(name, entry);
    }

    /// The names of all tasks, in the order of their files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let tasks = self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Task(_)));
        tasks.map(|(name, _)| name.as_str())
    }

    /// The names of all groups, in the order of their files.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        let groups = self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Group(_)));
        groups.map(|(name, _)| name.as_str())
    }

    /// The names of all tags, sorted.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str)
    }

    /// One task.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], or the mistakes of its file.
    pub fn task(&self, name: &str) -> Result<Arc<Task>, RegistryError> {
        match self.entries.get(name) {
            Some(Entry::Task(node)) => Ok(Arc::new(Task::build(node.clone())?)),
            Some(Entry::Broken(errors)) => Err(errors.clone().into()),
            _ => Err(RegistryError::Unknown { name: name.to_owned(), hint: self.hint(name) }),
        }
    }

    /// The mistakes of every file that has any, with the file or the name
    /// that it defines.
    #[must_use]
    pub fn problems(&self) -> Vec<(String, ConfigErrors)> {
        let mut problems = self.broken.clone();
        for (name, entry) in &self.entries {
            let result = match entry {
                Entry::Task(node) => Task::build(node.clone()).map(drop),
                Entry::Group(node) => GroupConfig::read(node.clone()).map(drop),
                Entry::Broken(_) => Ok(()),
            };
            problems.extend(result.err().map(|errors| (name.clone(), errors)));
        }
        problems
    }

    /// Whether a task, group or tag has this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.entries.contains_key(name) || self.tags.contains_key(name)
    }

    /// `; did you mean ...?`, of everything that can be selected.
    pub(super) fn hint(&self, name: &str) -> String {
        let names = self.entries.keys().map(String::as_str).chain(self.tags());
        suggest::hint(name, names)
    }
}

pub(super) fn value<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let NodeValue::Map(entries) = &node.value else { return None };
    let entry = entries.iter().find(|(name, _)| name.as_str() == Some(key));
    entry.map(|(_, value)| value)
}

pub(super) fn text(node: &Node, key: &str) -> Option<String> {
    value(node, key)?.as_str().map(str::to_owned)
}

fn tags(node: &Node) -> Vec<String> {
    match value(node, "tag").map(|tag| &tag.value) {
        Some(NodeValue::List(items)) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => text(node, "tag").into_iter().collect(),
    }
}
