//! The tasks behind the names that a user types.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RegistryError;
use super::expand::Expansion;
use super::index::Registry;
use crate::config::AggregateRule;
use crate::task::Task;

/// The tasks and groups behind some names.
#[derive(Debug, Default)]
pub struct Selection {
    /// The groups, those inside others behind them.
    pub groups: Vec<Group>,
    /// The tasks, in order, each once.
    pub tasks: Vec<Arc<Task>>,
}

/// A group, with its tasks resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The name that tables show.
    pub alias: String,
    /// What it is, in a sentence or two.
    pub about: String,
    /// Its version as written; empty if it has none.
    pub version: String,
    /// Its tasks, those of groups inside it too.
    pub tasks: Vec<String>,
    /// The groups right inside it.
    pub groups: Vec<String>,
    /// How its members' results are joined. The metric `headline` stands for
    /// the first metric of every task, on 0 to 100.
    pub aggregate: Vec<AggregateRule>,
    /// Tasks over parallel text that run with it at weight 0.
    pub routing_probe: Vec<String>,
    /// By task, the task that joins it when its data cannot be had.
    pub stand_ins: BTreeMap<String, String>,
}

impl Registry {
    /// The tasks behind names of tasks, groups and tags; `*` stands for any
    /// letters.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] with what is alike, or the mistakes of a
    /// file that is behind one of the names.
    pub fn select<S: AsRef<str>>(&self, names: &[S]) -> Result<Selection, RegistryError> {
        let mut expansion = Expansion::new(self);
        for name in names {
            for name in self.matching(name.as_ref())? {
                expansion.add(name)?;
            }
        }
        Ok(expansion.finish())
    }

    fn matching<'a>(&'a self, pattern: &'a str) -> Result<Vec<&'a str>, RegistryError> {
        if self.knows(pattern) {
            return Ok(vec![pattern]);
        }
        let all = self.entries.keys().map(String::as_str);
        let found: Vec<&str> = all.filter(|name| is_match(pattern, name)).collect();
        if found.is_empty() {
            let hint = self.hint(pattern);
            return Err(RegistryError::Unknown { name: pattern.to_owned(), hint });
        }
        Ok(found)
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn is_match(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    let mut tails = (0..=name.len()).filter_map(|at| name.get(at..));
    tails.any(|tail| is_match(rest, tail))
}
