//! The first sentences of a report, computed from its numbers.

use harness_metrics::PairMeasure;
use harness_metrics::routing::usage;

use super::format::{self, fixed, language};
use crate::routing::RoutingPair;
use crate::summary::{Average, CellState, Summary};

/// What a reader should know first: scores, holes, routing.
pub(super) fn sentences(summary: &Summary) -> Vec<String> {
    let mut sentences = scores(summary);
    sentences.extend(holes(summary));
    sentences.extend(routing(summary));
    if sentences.is_empty() {
        sentences.push("The record holds no result yet.".to_owned());
    }
    sentences
}

/// One sentence a group with an average; where no group has one, one sentence over all tasks.
fn scores(summary: &Summary) -> Vec<String> {
    let groups =
        summary.sections().into_iter().filter_map(|section| Some((section.title, section.group?)));
    let averages: Vec<String> = groups
        .filter_map(|(title, group)| average_sentence(&title, &ranked_averages(summary, &group)))
        .collect();
    if averages.is_empty() { best_of_tasks(summary).into_iter().collect() } else { averages }
}

/// Models with their first average of the group, best first.
fn ranked_averages<'a>(summary: &'a Summary, group: &str) -> Vec<(&'a str, &'a Average, f64)> {
    let average = |model: &'a String| {
        let average = summary.averages(model).iter().find(|average| average.group == group)?;
        Some((model.as_str(), average, *average.value.as_ref().ok()?))
    };
    let mut ranked: Vec<_> = summary.manifest.models.keys().filter_map(average).collect();
    ranked.sort_by(|a, b| b.2.total_cmp(&a.2));
    ranked
}

fn average_sentence(title: &str, ranked: &[(&str, &Average, f64)]) -> Option<String> {
    let (first, rest) = ranked.split_first()?;
    let with = if first.1.stand_ins.is_empty() { "" } else { ", with stand-ins" };
    let best = format!("On {title}{with}, {} averages {}", first.0, average_text(first.1));
    let Some(second) = rest.first() else { return Some(format!("{best}.")) };
    let others: Vec<String> = rest
        .iter()
        .map(|(model, average, _)| format!("{model} {}", average_text(average)))
        .collect();
    let doubt = if overlap(first.1, second.1) {
        "The 95 % intervals of the first two overlap; whether they differ takes a comparison on the same documents."
    } else {
        "The 95 % intervals of the first two do not overlap."
    };
    Some(format!("{best}, {}. {doubt}", others.join(", ")))
}

fn average_text(average: &Average) -> String {
    let value = average
        .value
        .as_ref()
        .map_or_else(|_| "–".to_owned(), |value| format::metric(average.unit, *value));
    match &average.interval {
        Some(interval) => format!("{value} ({})", format::ends(average.unit, interval)),
        None => value,
    }
}

fn overlap(a: &Average, b: &Average) -> bool {
    match (&a.interval, &b.interval) {
        (Some(a), Some(b)) => a.low <= b.high && b.low <= a.high,
        _ => true,
    }
}

/// Which model is highest on how many of the tasks that all models have.
fn best_of_tasks(summary: &Summary) -> Option<String> {
    let manifest = &summary.manifest;
    let tasks = manifest.tasks.iter().filter(|(_, task)| !task.probe);
    let scores: Vec<Vec<f64>> = tasks.filter_map(|(name, _)| comparable(summary, name)).collect();
    let aliases: Vec<&String> = manifest.models.keys().collect();
    if scores.is_empty() || aliases.is_empty() {
        return None;
    }
    if let ([alias], count) = (aliases.as_slice(), scores.len()) {
        return Some(format!("{alias} has scores on {count} {}.", plural(count, "task", "tasks")));
    }
    let wins = |model: usize| scores.iter().filter(|s| s.iter().all(|x| *x <= s[model])).count();
    let counts: Vec<String> =
        aliases.iter().enumerate().map(|(i, alias)| format!("{alias} on {}", wins(i))).collect();
    let tasks = plural(scores.len(), "task", "tasks");
    Some(format!(
        "Of {} {tasks} that every model has, highest are: {} (ties count for each).",
        scores.len(),
        counts.join(", ")
    ))
}

/// Headline scores of a task by model, turned so that higher is better; `None` with a hole.
fn comparable(summary: &Summary, name: &str) -> Option<Vec<f64>> {
    let task = &summary.manifest.tasks[name];
    let score = |model: &String| {
        let row = &summary.cell(model, name)?.headline(task)?.row;
        row.value.map(|value| if row.higher_is_better { value } else { -value })
    };
    summary.manifest.models.keys().map(score).collect()
}

fn holes(summary: &Summary) -> Option<String> {
    let manifest = &summary.manifest;
    let is_hole = |task: &&String| {
        let mut cells = manifest.models.keys().filter_map(|model| summary.cell(model, task));
        cells.any(|cell| cell.state != CellState::Scored)
    };
    let without: Vec<&str> = manifest.tasks.keys().filter(is_hole).map(String::as_str).collect();
    if without.is_empty() {
        return None;
    }
    let (count, tasks) = (without.len(), manifest.tasks.len());
    let has = plural(count, "has", "have");
    Some(format!(
        "{count} of {tasks} tasks {has} no score for some model ({}): see below.",
        without.join(", ")
    ))
}

/// One sentence a model and language pair.
fn routing(summary: &Summary) -> Vec<String> {
    let sentence = |(alias, pair): (&String, &RoutingPair)| {
        let router = summary.manifest.models.get(alias)?.router.as_ref()?;
        let ceiling = usage::entropy_ceiling_bits(router.experts);
        pair_sentence(alias, pair, ceiling)
    };
    let pairs = summary
        .manifest
        .models
        .keys()
        .flat_map(|m| summary.pairs(m).iter().map(move |pair| (m, pair)));
    pairs.filter_map(sentence).collect()
}

fn pair_sentence(alias: &str, pair: &RoutingPair, ceiling: f64) -> Option<String> {
    let (a, b) = (pair.a.measures.mean_usage_entropy()?, pair.b.measures.mean_usage_entropy()?);
    let (first, second) = (language(&pair.a.language), language(&pair.b.language));
    Some(format!(
        "In {alias}, {first} spreads over its experts with {} of {} bits and the same rows in {second} with {} (gap {}, mean over layers); \
         {} of its (layer, expert) pairs serve both languages alike.",
        fixed(a, 2),
        fixed(ceiling, 2),
        fixed(b, 2),
        gap_text(b - a, pair),
        format::percent(pair.classes().shared_fraction()),
    ))
}

/// `0.40 bits, 95 % interval 0.31 to 0.48`.
fn gap_text(gap: f64, pair: &RoutingPair) -> String {
    let interval = pair.mean(PairMeasure::EntropyGap).and_then(|gap| gap.interval.as_ref());
    let ends =
        interval.map(|i| format!(", 95 % interval {} to {}", fixed(i.low, 2), fixed(i.high, 2)));
    format!("{} bits{}", fixed(gap, 2), ends.unwrap_or_default())
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
