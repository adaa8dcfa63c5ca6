//! From names to tasks and groups.

use std::sync::Arc;

use indexmap::IndexMap;

use super::RegistryError;
use super::index::{Entry, Registry};
use super::select::{Group, Selection};
use crate::config::{GroupConfig, GroupMember, Node, NodeValue, update};
use crate::python::repr::to_str;
use crate::task::Task;

/// A selection as it grows.
pub(super) struct Expansion<'a> {
    registry: &'a Registry,
    groups: IndexMap<String, Group>,
    tasks: IndexMap<String, Arc<Task>>,
    open: Vec<String>,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(registry: &'a Registry) -> Self {
        Self { registry, groups: IndexMap::new(), tasks: IndexMap::new(), open: Vec::new() }
    }

    pub(super) fn finish(self) -> Selection {
        Selection {
            groups: self.groups.into_values().collect(),
            tasks: self.tasks.into_values().collect(),
        }
    }

    /// Adds what a name stands for.
    pub(super) fn add(&mut self, name: &str) -> Result<Vec<String>, RegistryError> {
        self.resolve(name, None, None)
    }

    /// Adds what a name stands for, and returns its tasks.
    fn resolve(
        &mut self,
        name: &str,
        overrides: Option<&Node>,
        group: Option<&str>,
    ) -> Result<Vec<String>, RegistryError> {
        let registry = self.registry;
        match registry.entries.get(name) {
            Some(Entry::Task(node)) => self.task(name, with(node, overrides)),
            Some(Entry::Group(node)) => {
                let config = GroupConfig::read(node.clone())?;
                self.group(config, name.to_owned(), overrides)
            }
            Some(Entry::Broken(errors)) => Err(errors.clone().into()),
            None => match registry.tags.get(name) {
                Some(tagged) => self.tagged(tagged, overrides),
                None => Err(self.unknown(name, group, "task")),
            },
        }
    }

    fn tagged(
        &mut self,
        tagged: &[String],
        overrides: Option<&Node>,
    ) -> Result<Vec<String>, RegistryError> {
        let mut names = tagged.to_vec();
        names.sort();
        let mut tasks = Vec::new();
        for name in names {
            tasks.extend(self.resolve(&name, overrides, None)?);
        }
        Ok(tasks)
    }

    fn task(&mut self, name: &str, node: Node) -> Result<Vec<String>, RegistryError> {
        let task = Task::build(node)?;
        match self.tasks.get(name) {
            Some(earlier) if earlier.digest() != task.digest() => {
                return Err(RegistryError::Conflict { task: name.to_owned() });
            }
            Some(_) => {}
            None => {
                self.tasks.insert(name.to_owned(), Arc::new(task));
            }
        }
        Ok(vec![name.to_owned()])
    }

    fn group(
        &mut self,
        config: GroupConfig,
        name: String,
        overrides: Option<&Node>,
    ) -> Result<Vec<String>, RegistryError> {
        if self.open.contains(&name) {
            return Err(RegistryError::Cycle { group: name });
        }
        self.check_names(&name, &config)?;
        self.open.push(name.clone());
        self.groups.entry(name.clone()).or_insert_with(|| described(&name, &config));
        let (mut tasks, mut groups) = (Vec::new(), Vec::new());
        let overrides = joined(config.overrides, overrides);
        for member in config.task {
            let (added, inner) = self.member(member, &name, overrides.as_ref())?;
            groups.extend(inner);
            for task in added {
                if !tasks.contains(&task) {
                    tasks.push(task);
                }
            }
        }
        self.open.pop();
        if let Some(group) = self.groups.get_mut(&name) {
            group.tasks.clone_from(&tasks);
            group.groups = groups;
        }
        Ok(tasks)
    }

    /// The tasks of a member, and its name if it is a group.
    fn member(
        &mut self,
        member: GroupMember,
        group: &str,
        overrides: Option<&Node>,
    ) -> Result<(Vec<String>, Option<String>), RegistryError> {
        match member {
            GroupMember::Name(name) => {
                let tasks = self.resolve(&name, overrides, Some(group))?;
                let inner = self.groups.contains_key(&name).then_some(name);
                Ok((tasks, inner))
            }
            GroupMember::Group(config) => {
                let name = format!("{group}::{}", config.group);
                Ok((self.group(*config, name.clone(), overrides)?, Some(name)))
            }
            GroupMember::Task { name, overrides: own } => {
                let own = overrides.map_or(own.clone(), |outer| with(outer, Some(&own)));
                Ok((self.changed(&name, group, &own)?, None))
            }
        }
    }

    /// A task with keys of its own, or one that only exists in the group.
    fn changed(
        &mut self,
        name: &str,
        group: &str,
        own: &Node,
    ) -> Result<Vec<String>, RegistryError> {
        let registry = self.registry;
        if registry.knows(name) {
            return self.resolve(name, Some(own), Some(group));
        }
        let inline = matches!(&own.value, NodeValue::Map(entries) if entries.len() > 1);
        if !inline {
            return Err(self.unknown(name, Some(group), "task"));
        }
        let full = format!("{group}::{name}");
        self.task(&full, renamed(own, &full))
    }

    /// The names in a group's metadata must exist before the group runs.
    fn check_names(&self, group: &str, config: &GroupConfig) -> Result<(), RegistryError> {
        let metadata = &config.metadata;
        let probes = metadata.routing_probe.iter().map(|name| ("metadata.routing_probe", name));
        let stand_ins = metadata.stand_ins.values().map(|name| ("metadata.stand_ins", name));
        for (key, name) in probes.chain(stand_ins) {
            if !self.registry.entries.contains_key(name) {
                return Err(self.unknown(name, Some(group), key));
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str, group: Option<&str>, key: &'static str) -> RegistryError {
        let (name, hint) = (name.to_owned(), self.registry.hint(name));
        match group {
            Some(group) => RegistryError::Member { group: group.to_owned(), key, name, hint },
            None => RegistryError::Unknown { name, hint },
        }
    }
}

fn described(name: &str, config: &GroupConfig) -> Group {
    let metadata = config.metadata.clone();
    Group {
        name: name.to_owned(),
        alias: config.group_alias.clone().unwrap_or_else(|| name.to_owned()),
        about: metadata.about,
        version: metadata.version.as_ref().map(to_str).unwrap_or_default(),
        tasks: Vec::new(),
        groups: Vec::new(),
        aggregate: config.aggregate_metric_list.clone(),
        routing_probe: metadata.routing_probe,
        stand_ins: metadata.stand_ins,
    }
}

/// What a group sets, under what it was told to set.
fn joined(own: Option<Node>, outer: Option<&Node>) -> Option<Node> {
    match own {
        Some(own) => Some(with(&own, outer)),
        None => outer.cloned(),
    }
}

/// A task's mapping with a group's keys over its own, its name excepted.
fn with(node: &Node, overrides: Option<&Node>) -> Node {
    let mut node = node.clone();
    let newer = overrides.map(|overrides| &overrides.value);
    if let (NodeValue::Map(entries), Some(NodeValue::Map(newer))) = (&mut node.value, newer) {
        let newer = newer.iter().filter(|(key, _)| key.as_str() != Some("task"));
        update(entries, newer.cloned().collect());
    }
    node
}

/// A mapping under another name.
fn renamed(node: &Node, name: &str) -> Node {
    let mut node = node.clone();
    let scalar = |text: &str| {
        let value = NodeValue::Scalar(text.into());
        Node { at: node.at.clone(), tag: None, value }
    };
    let entry = (scalar("task"), scalar(name));
    if let NodeValue::Map(entries) = &mut node.value {
        update(entries, vec![entry]);
    }
    node
}
