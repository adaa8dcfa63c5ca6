//! Which checkpoint is better, at what, and whether that could be noise.

use crate::estimates::Unit;
use crate::pages::differences_view::signed;
use crate::pages::format::{self, counted, listed, p_value};
use crate::summary::comparison::{Comparison, MeanDifference, Shape};
use crate::summary::{Average, Standing, Summary};

/// Averages best first, then a sentence a comparison on the same documents.
pub(super) fn sentences(summary: &Summary) -> Vec<String> {
    let mut sentences = averages(summary);
    let compared = |comparison| compared(summary, comparison);
    sentences.extend(summary.comparisons().iter().filter_map(compared));
    sentences
}

/// One sentence a group with an average; where no group has one, one sentence over all tasks.
fn averages(summary: &Summary) -> Vec<String> {
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
    if rest.is_empty() {
        return Some(format!("{best}."));
    }
    let others: Vec<String> = rest
        .iter()
        .map(|(model, average, _)| format!("{model} {}", average_text(average)))
        .collect();
    Some(format!("{best}, {}.", listed(&others)))
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
        return Some(format!("{alias} has scores on {}.", counted(count, "task", "tasks")));
    }
    let wins = |model: usize| scores.iter().filter(|s| s.iter().all(|x| *x <= s[model])).count();
    let counts: Vec<String> =
        aliases.iter().enumerate().map(|(i, alias)| format!("{alias} on {}", wins(i))).collect();
    let tasks = counted(scores.len(), "task", "tasks");
    Some(format!(
        "Of {tasks} that every model has, highest are: {} (ties count for each).",
        listed(&counts)
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

/// `cpt beats base, its parent, by …`; `None` where no task has scores of both.
fn compared(summary: &Summary, comparison: &Comparison) -> Option<String> {
    let found = &comparison.unevenness;
    if found.tasks() == 0 {
        return None;
    }
    let on = |verdict: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{verdict} on {}", listed(names)))
    };
    let parts = [
        on("better", &found.better),
        on("worse", &found.worse),
        on("the same", &found.same),
        on("undecided", &found.undecided),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(format!(
        "{} against {}, {}, on the same documents and with all comparisons adjusted for: {}.{}{}{}",
        comparison.model,
        comparison.baseline,
        comparison.relation.name(),
        parts.join("; "),
        guessing(summary, comparison),
        comparison.averages.iter().find_map(average_change).unwrap_or_default(),
        shape(comparison)
    ))
}

/// Differences between models of which the better does not beat guessing: `But on heb_snli …`.
fn guessing(summary: &Summary, comparison: &Comparison) -> String {
    let changed = comparison.unevenness.better.iter().chain(&comparison.unevenness.worse);
    let parts: Vec<String> =
        changed.filter_map(|task| beside_guessing(summary, comparison, task)).collect();
    if parts.is_empty() { String::new() } else { format!(" But {}.", parts.join("; ")) }
}

/// `heb_snli only goes from below what guessing gets (33.3) to what guessing gets`; `None` where one
/// of the two beats guessing or what that gets is unknown.
fn beside_guessing(summary: &Summary, comparison: &Comparison, task: &str) -> Option<String> {
    let manifest = summary.manifest.tasks.get(task)?;
    let standing = |model: &str| summary.cell(model, task)?.standing(manifest);
    let (before, chance) = standing(&comparison.baseline)?;
    let (after, _) = standing(&comparison.model)?;
    let (from, to) = match (before, after) {
        (Standing::Above, _) | (_, Standing::Above) => return None,
        (Standing::Below, Standing::Below) => ("below what guessing gets", "still below it"),
        (Standing::Below, Standing::AtChance) => ("below what guessing gets", "what guessing gets"),
        (Standing::AtChance, Standing::Below) => ("what guessing gets", "below it"),
        (Standing::AtChance, Standing::AtChance) => ("what guessing gets", "no more than that"),
    };
    Some(format!(
        "{task} only goes from {from} ({}) to {to}",
        format::metric(Unit::Fraction, chance)
    ))
}

fn average_change(average: &crate::summary::comparison::AverageDifference) -> Option<String> {
    let change = average.outcome.as_ref().ok()?;
    Some(format!(" The average changes by {}.", change_text(average.unit, change)))
}

/// `+23.2 points (+19.0 to +27.4, p < 0.001)`.
fn change_text(unit: Unit, change: &MeanDifference) -> String {
    let ends = change.interval.as_ref().map_or_else(String::new, |ends| {
        format!("{} to {}, ", signed(unit, ends.low), signed(unit, ends.high))
    });
    let p = p_value(change.p_holm);
    let p = if p.starts_with('<') { p } else { format!("= {p}") };
    format!("{} points ({ends}p {p})", signed(unit, change.value()))
}

fn shape(comparison: &Comparison) -> String {
    let model = &comparison.model;
    match comparison.unevenness.shape() {
        Shape::Broadens => format!(" {model} broadens what it can do."),
        Shape::Redistributes => format!(" {model} redistributes: it wins some and loses others."),
        Shape::Declines => format!(" {model} has lost and not won."),
        Shape::Undecided => " All of that could be noise.".to_owned(),
    }
}
