//! A routing measure beside a score, over checkpoints.

use harness_metrics::association::checkpoints::{Point, link};

use super::{CheckpointRow, RoutingMeasure};
use crate::manifest::Manifest;
use crate::routing::RoutingPair;
use crate::summary::Summary;

/// A row a pair of languages, measure, and average or task, averages first.
pub(super) fn rows(summary: &Summary) -> Vec<CheckpointRow> {
    let targets: Vec<Target<'_>> = targets(&summary.manifest);
    let mut rows = Vec::new();
    for languages in languages(summary) {
        for measure in RoutingMeasure::ALL {
            let each = targets.iter().map(|target| row(summary, &languages, measure, target));
            rows.extend(each.filter(|row| row.points.len() > 1));
        }
    }
    rows
}

/// A score to set beside routing.
enum Target<'a> {
    Average(&'a str),
    Task(&'a str),
}

fn targets(manifest: &Manifest) -> Vec<Target<'_>> {
    let averages = manifest.groups.iter().map(|group| Target::Average(&group.name));
    let tasks = manifest.tasks.iter().filter(|(_, task)| !task.probe);
    averages.chain(tasks.map(|(name, _)| Target::Task(name))).collect()
}

/// Pairs of languages that any model has.
fn languages(summary: &Summary) -> Vec<(String, String)> {
    let pairs = summary.manifest.models.keys().flat_map(|model| summary.pairs(model));
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in pairs.map(|pair| (pair.a.language.clone(), pair.b.language.clone())) {
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

fn row(
    summary: &Summary,
    languages: &(String, String),
    measure: RoutingMeasure,
    target: &Target<'_>,
) -> CheckpointRow {
    let point = |model: &String| {
        let pair = summary.pairs(model).iter().find(|pair| is_of(pair, languages))?;
        Some((model.clone(), value(pair, measure)?, score(summary, model, target)?))
    };
    let points: Vec<(String, f64, f64)> =
        summary.manifest.models.keys().filter_map(point).collect();
    let numbered = |(model, routing, score): &(String, f64, f64)| Point {
        lineage: lineage(&summary.manifest, model),
        routing: *routing,
        score: *score,
    };
    let (name, is_average) = match target {
        Target::Average(name) => (*name, true),
        Target::Task(name) => (*name, false),
    };
    CheckpointRow {
        languages: languages.clone(),
        measure,
        score: name.to_owned(),
        is_average,
        link: link(&points.iter().map(numbered).collect::<Vec<_>>(), summary.resampling),
        points,
    }
}

fn is_of(pair: &RoutingPair, languages: &(String, String)) -> bool {
    pair.a.language == languages.0 && pair.b.language == languages.1
}

pub(super) fn value(pair: &RoutingPair, measure: RoutingMeasure) -> Option<f64> {
    match measure {
        RoutingMeasure::Entropy => pair.a.measures.mean_usage_entropy(),
        RoutingMeasure::Gini => pair.a.measures.mean_gini(),
        RoutingMeasure::SharedFraction => pair.classes().shared_fraction().map(|x| 100.0 * x),
        RoutingMeasure::Collapse => pair.a.measures.collapse_index,
    }
}

/// On 0-100, turned so that higher is better.
fn score(summary: &Summary, model: &str, target: &Target<'_>) -> Option<f64> {
    match target {
        Target::Average(group) => average(summary, model, group),
        Target::Task(name) => task_score(summary, model, name),
    }
}

pub(super) fn average(summary: &Summary, model: &str, group: &str) -> Option<f64> {
    let average = summary.averages(model).iter().find(|average| average.group == group)?;
    average.value.as_ref().ok().map(|value| average.unit.shown(*value))
}

pub(super) fn task_score(summary: &Summary, model: &str, name: &str) -> Option<f64> {
    let row = &summary.cell(model, name)?.headline(summary.manifest.tasks.get(name)?)?.row;
    row.value.map(|value| row.unit.shown(if row.higher_is_better { value } else { -value }))
}

/// Number of a checkpoint's lineage: its family where it has one, else the root of its parents.
pub(super) fn lineage(manifest: &Manifest, alias: &str) -> usize {
    let key = |alias: &str| -> String {
        let model = manifest.models.get(alias);
        let family = model.and_then(|model| model.family.clone());
        family.unwrap_or_else(|| root(manifest, alias).to_owned())
    };
    let own = key(alias);
    let mut keys: Vec<String> = manifest.models.keys().map(|alias| key(alias)).collect();
    keys.sort();
    keys.dedup();
    keys.iter().position(|key| *key == own).unwrap_or(keys.len())
}

/// The first ancestor that is part of the run; a loop of parents ends where it began.
fn root<'a>(manifest: &'a Manifest, alias: &'a str) -> &'a str {
    let mut at = alias;
    for _ in 0..manifest.models.len() {
        let parent = manifest.models.get(at).and_then(|model| model.parent.as_deref());
        match parent.filter(|parent| manifest.models.contains_key(*parent)) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}
