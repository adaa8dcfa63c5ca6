//! From two models to a comparison.

use harness_metrics::scores::holm;

use super::comparable::{differing_prompts, differing_settings};
use super::difference::difference;
use super::edges::{Relation, edges};
use super::{
    AverageDifference, CompareOptions, Comparison, Difference, NoDifference, TaskDifference,
    Unevenness, averages,
};
use crate::estimates::Unit;
use crate::manifest::MetricName;
use crate::summary::{Average, Cell, Scored, Summary};

/// A model of a run.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The run's numbers.
    pub summary: &'a Summary,
    /// The model's alias in that run.
    pub alias: &'a str,
    /// The name under which readers see it.
    pub label: &'a str,
}

impl<'a> Side<'a> {
    fn cell(&self, task: &str) -> Option<&'a Cell> {
        self.summary.cell(self.alias, task)
    }

    fn in_run(summary: &'a Summary, alias: &'a str) -> Self {
        Self { summary, alias, label: alias }
    }
}

/// Every model of a run against its parent and `compare_to`; p-values are adjusted over all of them.
#[must_use]
pub fn along_lineage(summary: &Summary, options: &CompareOptions) -> Vec<Comparison> {
    let edges = edges(&summary.manifest);
    let sides: Vec<(Side<'_>, Side<'_>, Relation)> = edges
        .iter()
        .map(|(model, baseline, relation)| {
            (Side::in_run(summary, baseline), Side::in_run(summary, model), *relation)
        })
        .collect();
    compare(&sides, options)
}

/// Compares each (baseline, model); p-values are adjusted over all of them.
#[must_use]
pub fn compare(
    pairs: &[(Side<'_>, Side<'_>, Relation)],
    options: &CompareOptions,
) -> Vec<Comparison> {
    let mut comparisons: Vec<Comparison> =
        pairs.iter().map(|(old, new, relation)| one(*old, *new, *relation, options)).collect();
    for probes in [false, true] {
        adjust(&mut comparisons, probes, options);
    }
    averages::adjust(comparisons.iter_mut().flat_map(|c| &mut c.averages), options);
    averages::adjust(comparisons.iter_mut().flat_map(|c| &mut c.categories), options);
    for comparison in &mut comparisons {
        comparison.unevenness = Unevenness::of(&comparison.tasks);
    }
    comparisons
}

fn one(old: Side<'_>, new: Side<'_>, relation: Relation, options: &CompareOptions) -> Comparison {
    let tasks: Vec<TaskDifference> = new
        .summary
        .manifest
        .tasks
        .keys()
        .map(|task| task_difference(old, new, task, options))
        .collect();
    let (old_run, new_run) = (old.summary, new.summary);
    let of = |old_averages: &[Average], new_averages: &[Average]| {
        matching(old_averages, new_averages)
            .map(|(before, after)| average(old, new, &tasks, (before, after), options))
            .collect()
    };
    Comparison {
        model: new.label.to_owned(),
        baseline: old.label.to_owned(),
        relation,
        averages: of(old_run.averages(old.alias), new_run.averages(new.alias)),
        categories: of(old_run.categories(old.alias), new_run.categories(new.alias)),
        unevenness: Unevenness::default(),
        tasks,
    }
}

/// Averages of one name, metric and filter on both sides.
fn matching<'a>(
    old: &'a [Average],
    new: &'a [Average],
) -> impl Iterator<Item = (&'a Average, &'a Average)> {
    let key =
        |average: &Average| (average.group.clone(), average.metric.clone(), average.filter.clone());
    new.iter().filter_map(move |after| {
        Some((old.iter().find(|before| key(before) == key(after))?, after))
    })
}

/// The tasks' differences serve where the average is over headline metrics, which most are.
fn average(
    old: Side<'_>,
    new: Side<'_>,
    tasks: &[TaskDifference],
    (before, after): (&Average, &Average),
    options: &CompareOptions,
) -> AverageDifference {
    let named = MetricName { metric: after.metric.clone(), filter: after.filter.clone() };
    let task = |name: &str| {
        let found = tasks.iter().find(|task| task.task == name)?;
        if after.metric == crate::manifest::HEADLINE || found.metric == named {
            return Some(found.clone());
        }
        Some(of_metric(old, new, name, &named, options))
    };
    averages::difference(before, after, task, options)
}

fn task_difference(
    old: Side<'_>,
    new: Side<'_>,
    task: &str,
    options: &CompareOptions,
) -> TaskDifference {
    let manifest = &new.summary.manifest.tasks[task];
    let headline = |side: Side<'_>| side.cell(task)?.headline(manifest).map(Scored::name);
    let metric = headline(new).or_else(|| headline(old)).or_else(|| manifest.headline.clone());
    let metric = metric.unwrap_or(MetricName { metric: String::new(), filter: String::new() });
    of_metric(old, new, task, &metric, options)
}

fn of_metric(
    old: Side<'_>,
    new: Side<'_>,
    task: &str,
    metric: &MetricName,
    options: &CompareOptions,
) -> TaskDifference {
    let manifest = &new.summary.manifest.tasks[task];
    let scored = [new, old].into_iter().find_map(|side| side.cell(task)?.score(metric));
    TaskDifference {
        task: task.to_owned(),
        category: manifest.category.clone(),
        probe: manifest.is_probe(),
        metric: metric.clone(),
        unit: scored.map_or(Unit::Fraction, |scored| scored.row.unit),
        higher_is_better: scored.is_none_or(|scored| scored.row.higher_is_better),
        outcome: outcome(old, new, task, metric, options),
    }
}

fn outcome(
    old: Side<'_>,
    new: Side<'_>,
    task: &str,
    metric: &MetricName,
    options: &CompareOptions,
) -> Result<Difference, NoDifference> {
    let side = |cell: Option<&'static str>, who: &str| {
        NoDifference::Absent(format!("{who} {}", cell.unwrap_or("was not asked")))
    };
    let before = old.cell(task).ok_or_else(|| side(None, "the baseline"))?;
    let after = new.cell(task).ok_or_else(|| side(None, "the model"))?;
    let (old_run, new_run) = (&old.summary.manifest, &new.summary.manifest);
    let mut fields = differing_settings(old_run, new_run, task);
    if fields.is_empty() && differing_prompts((old_run, before), (new_run, after)) {
        fields.push("prompts of the same documents".to_owned());
    }
    if !fields.is_empty() {
        return Err(NoDifference::Incomparable(fields));
    }
    difference(before, after, metric, options)
}

/// Holm's adjustment over all tasks, or over all probes.
fn adjust(comparisons: &mut [Comparison], probes: bool, options: &CompareOptions) {
    let tasks = comparisons.iter_mut().flat_map(|comparison| &mut comparison.tasks);
    let mut found: Vec<(&mut Difference, bool)> = tasks
        .filter(|task| task.probe == probes)
        .filter_map(|task| Some((task.outcome.as_mut().ok()?, task.higher_is_better)))
        .collect();
    let p_values: Vec<f64> = found.iter().map(|(difference, _)| difference.p).collect();
    for ((difference, higher_is_better), p) in found.iter_mut().zip(holm::adjust(&p_values)) {
        difference.decide(p, *higher_is_better, options.alpha);
    }
}
