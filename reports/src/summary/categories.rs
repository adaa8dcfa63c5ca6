//! Averages by category of task.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::averages::averages;
use super::{Average, Cell};
use crate::estimates::Unit;
use crate::manifest::{AggregateManifest, GroupManifest, HEADLINE, Manifest, TaskManifest};

/// One average a category over its tasks' headline metrics on 0-100, each task alike. Probes and
/// metrics that are no shares or points (perplexities) have no place in it.
pub(super) fn categories<'a>(
    manifest: &Manifest,
    cell: impl Fn(&str) -> Option<&'a Cell>,
) -> Vec<Average> {
    let group = |(category, tasks): (&str, Vec<String>)| GroupManifest {
        name: category.to_owned(),
        title: category.to_owned(),
        tasks,
        aggregate: vec![AggregateManifest {
            metric: HEADLINE.to_owned(),
            filters: Vec::new(),
            weight_by_size: false,
        }],
        stand_ins: stand_ins(manifest),
        ..GroupManifest::default()
    };
    let groups = members(manifest, &cell).into_iter().map(group);
    groups.flat_map(|group| averages(manifest, &group, &cell)).collect()
}

/// Tasks by category, in the manifest's order. A stand-in enters through the task that it stands for
/// where that is part of the run.
fn members<'m, 'a>(
    manifest: &'m Manifest,
    cell: &impl Fn(&str) -> Option<&'a Cell>,
) -> IndexMap<&'m str, Vec<String>> {
    let mut members = IndexMap::<&str, Vec<String>>::new();
    for (name, task) in &manifest.tasks {
        let stands =
            task.stand_in_for.as_ref().is_some_and(|other| manifest.tasks.contains_key(other));
        let unit = cell(name).and_then(|cell| cell.headline(task)).map(|scored| scored.row.unit);
        let Some(category) = task.category.as_deref().filter(|_| !task.is_probe() && !stands)
        else {
            continue;
        };
        if unit != Some(Unit::Plain) {
            members.entry(category).or_default().push(name.clone());
        }
    }
    members
}

fn stand_ins(manifest: &Manifest) -> BTreeMap<String, String> {
    let stands =
        |(name, task): (&String, &TaskManifest)| Some((task.stand_in_for.clone()?, name.clone()));
    manifest.tasks.iter().filter_map(stands).collect()
}
