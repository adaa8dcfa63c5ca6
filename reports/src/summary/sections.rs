//! Which tasks stand in which table.

use super::Summary;
use crate::manifest::GroupManifest;

/// A table's worth of tasks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// What readers see above it.
    pub title: String,
    /// Name of the group, where the table is a group's.
    pub group: Option<String>,
    /// Names of its tasks, in order.
    pub tasks: Vec<String>,
}

impl Summary {
    /// A section a group, then one of other tasks, then one of routing probes; empty ones are
    /// left out.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        let mut rest: Vec<String> = self.manifest.tasks.keys().cloned().collect();
        let mut sections = Vec::new();
        for group in &self.manifest.groups {
            let tasks = self.members(group);
            rest.retain(|name| !tasks.contains(name));
            let title = if group.title.is_empty() { &group.name } else { &group.title };
            sections.push(Section { title: title.clone(), group: Some(group.name.clone()), tasks });
        }
        let is_probe = |name: &String| self.manifest.tasks[name].probe;
        let (probes, others): (Vec<String>, Vec<String>) = rest.into_iter().partition(is_probe);
        let section = |title: &str, tasks| Section { title: title.to_owned(), group: None, tasks };
        sections.push(section("Other tasks", others));
        sections.push(section("Routing probes", probes));
        sections.retain(|section| !section.tasks.is_empty());
        sections
    }

    /// A group's tasks that are part of the run, each followed by its stand-in.
    fn members(&self, group: &GroupManifest) -> Vec<String> {
        let tasks = &self.manifest.tasks;
        let with_stand_in = |name: &String| {
            let stands = |task: &&String| tasks[*task].stand_in_for.as_ref() == Some(name);
            let itself = tasks.get_key_value(name).map(|(name, _)| name);
            itself.into_iter().chain(tasks.keys().filter(stands)).cloned().collect::<Vec<_>>()
        };
        group.tasks.iter().flat_map(with_stand_in).collect()
    }
}
