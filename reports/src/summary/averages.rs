//! Averages of groups.

use harness_metrics::Interval;
use harness_metrics::scores::{interval, stderr};

use super::weights::{alike, by_size, weighted, weighted_error};
use super::{Cell, CellState, Scored};
use crate::estimates::Unit;
use crate::manifest::{AggregateManifest, GroupManifest, HEADLINE, Manifest, MetricName};

/// The average of a group by one of its rules, for one model.
#[derive(Clone, Debug)]
pub struct Average {
    /// Name of the group.
    pub group: String,
    /// The metric, or [`HEADLINE`].
    pub metric: String,
    /// The filter.
    pub filter: String,
    /// How it is shown; points for an average of headline metrics.
    pub unit: Unit,
    /// The average, or why there is none: never an average over a hole.
    pub value: Result<f64, String>,
    /// Standard error of the average as computed.
    pub stderr: Option<f64>,
    /// lm-eval's pooled standard error.
    pub pooled_stderr: Option<f64>,
    /// Interval, value ± z · stderr.
    pub interval: Option<Interval>,
    /// Documents of all tasks.
    pub n: usize,
    /// Tasks that entered, by name.
    pub tasks: Vec<String>,
    /// Weight of each of them; they sum to 1.
    pub weights: Vec<f64>,
    /// (task, stand-in) where a stand-in took a task's place: such an average is not comparable
    /// with one over the group's own tasks.
    pub stand_ins: Vec<(String, String)>,
}

/// A task's part of an average.
struct Part<'a> {
    task: String,
    scored: &'a Scored,
}

/// Every average of a group for one model; `cell` finds a task's cell.
pub(super) fn averages<'a>(
    manifest: &Manifest,
    group: &GroupManifest,
    cell: impl Fn(&str) -> Option<&'a Cell>,
) -> Vec<Average> {
    let filters = |rule: &AggregateManifest| match rule.metric.as_str() {
        // Every task brings the filter of its own headline metric.
        HEADLINE => vec!["none".to_owned()],
        _ => rule.filters.clone(),
    };
    let rules = group.aggregate.iter();
    let each = rules.flat_map(|rule| filters(rule).into_iter().map(move |filter| (rule, filter)));
    each.map(|(rule, filter)| average(manifest, group, rule, &filter, &cell)).collect()
}

fn average<'a>(
    manifest: &Manifest,
    group: &GroupManifest,
    rule: &AggregateManifest,
    filter: &str,
    cell: &impl Fn(&str) -> Option<&'a Cell>,
) -> Average {
    let mut stand_ins = Vec::new();
    let mut part = |task: &String| {
        let name = in_place_of(manifest, group, task, cell);
        if name != *task {
            stand_ins.push((task.clone(), name.clone()));
        }
        part_of(manifest, rule, filter, &name, cell(&name))
    };
    let parts: Result<Vec<Part<'_>>, String> = group.tasks.iter().map(&mut part).collect();
    let empty = || "the group has no task".to_owned();
    let parts = parts.and_then(|parts| if parts.is_empty() { Err(empty()) } else { Ok(parts) });
    let alike = if rule.metric == HEADLINE {
        alike(manifest, group)
    } else {
        vec![1.0 / group.tasks.len() as f64; group.tasks.len()]
    };
    joined(group, rule, filter, &parts, &alike, stand_ins)
}

/// The task itself if it has scores, else its stand-in if the run has one.
fn in_place_of<'a>(
    manifest: &Manifest,
    group: &GroupManifest,
    task: &str,
    cell: &impl Fn(&str) -> Option<&'a Cell>,
) -> String {
    let is_scored = |name: &str| cell(name).is_some_and(|cell| cell.state == CellState::Scored);
    let stand_in = group.stand_ins.get(task).filter(|name| {
        manifest.tasks.get(*name).is_some_and(|other| other.stand_in_for.as_deref() == Some(task))
    });
    match stand_in {
        Some(name) if !is_scored(task) && is_scored(name) => name.clone(),
        _ => task.to_owned(),
    }
}

fn part_of<'a>(
    manifest: &Manifest,
    rule: &AggregateManifest,
    filter: &str,
    name: &str,
    cell: Option<&'a Cell>,
) -> Result<Part<'a>, String> {
    let (Some(cell), Some(task)) = (cell, manifest.tasks.get(name)) else {
        return Err(format!("{name} is not part of the run"));
    };
    match &cell.state {
        CellState::Scored => {}
        CellState::Missing(_) => return Err(format!("{name} has no data")),
        CellState::Failed(_) => return Err(format!("{name} failed")),
        CellState::Unfinished => return Err(format!("{name} is unfinished")),
    }
    let metric = MetricName { metric: rule.metric.clone(), filter: filter.to_owned() };
    let scored = if rule.metric == HEADLINE { cell.headline(task) } else { cell.score(&metric) };
    let scored = scored.ok_or_else(|| format!("{name} has no metric {},{filter}", rule.metric))?;
    match scored.row.value {
        Some(_) => Ok(Part { task: name.to_owned(), scored }),
        None => Err(format!("{name} is unscored")),
    }
}

fn joined(
    group: &GroupManifest,
    rule: &AggregateManifest,
    filter: &str,
    parts: &Result<Vec<Part<'_>>, String>,
    alike: &[f64],
    stand_ins: Vec<(String, String)>,
) -> Average {
    let found = parts.as_deref().unwrap_or_default();
    let first = found.first().map_or(Unit::Fraction, |part| part.scored.row.unit);
    let unit = if rule.metric == HEADLINE { Unit::Points } else { first };
    let sizes: Vec<usize> = found.iter().map(|part| part.scored.row.n).collect();
    let scale = |part: &Part<'_>, x: f64| {
        if rule.metric == HEADLINE { part.scored.row.unit.shown(x) } else { x }
    };
    let values: Vec<f64> =
        found.iter().filter_map(|p| Some(scale(p, p.scored.row.value?))).collect();
    let errors: Option<Vec<f64>> =
        found.iter().map(|p| Some(scale(p, p.scored.row.stderr?))).collect();
    let weights = match (rule.weight_by_size, parts) {
        (true, _) => by_size(&sizes),
        (false, Ok(_)) => alike.to_vec(),
        (false, Err(_)) => Vec::new(),
    };
    let value = parts.as_ref().map(|_| weighted(&values, &weights)).map_err(Clone::clone);
    let stderr =
        errors.as_ref().filter(|e| !e.is_empty()).map(|errors| weighted_error(errors, &weights));
    Average {
        group: group.name.clone(),
        metric: rule.metric.clone(),
        filter: filter.to_owned(),
        unit,
        interval: value.as_ref().ok().zip(stderr).map(|(v, e)| interval::normal(*v, e, 0.95)),
        value,
        stderr,
        pooled_stderr: errors.and_then(|errors| stderr::pooled(&sizes, &errors)),
        n: sizes.iter().sum(),
        tasks: found.iter().map(|part| part.task.clone()).collect(),
        weights,
        stand_ins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::summary::Summary;
    use crate::testing::{manifest, outcome, window};

    fn averages_with(change: impl FnOnce(&mut Manifest), tasks: &[&str]) -> Vec<Average> {
        let mut manifest = manifest();
        change(&mut manifest);
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), &manifest).unwrap();
        for task in tasks {
            record.commit(&window("base", task, 0, 0, 4)).unwrap();
            record.finish_task("base", task, &outcome("base", task, 4), &[]).unwrap();
        }
        Summary::draw(&record).unwrap().averages("base").to_vec()
    }

    #[test]
    fn headline_metrics_meet_on_0_to_100_and_stand_ins_are_named() {
        let found = averages_with(|_| {}, &["heb_snli", "heb_trans_flores"]);
        let [average] = found.as_slice() else { panic!("one average, not {}", found.len()) };
        assert_eq!(average.value, Ok((50.0 + 24.5) / 2.0));
        assert_eq!(average.stand_ins, [("heb_trans".to_owned(), "heb_trans_flores".to_owned())]);
        // Errors of 25 and 0.25 points, each at half weight.
        assert!(
            (average.stderr.unwrap() - (12.5_f64.powi(2) + 0.125_f64.powi(2)).sqrt()).abs() < 1e-12
        );
    }

    #[test]
    fn no_average_over_a_hole() {
        let found = averages_with(|_| {}, &["heb_snli"]);
        assert_eq!(found[0].value, Err("heb_trans has no data".to_owned()));
        let found = averages_with(|m| m.groups[0].tasks.truncate(1), &[]);
        assert_eq!(found[0].value, Err("heb_snli is unfinished".to_owned()));
    }

    #[test]
    fn a_named_metric_must_be_everywhere() {
        let acc =
            |manifest: &mut Manifest| manifest.groups[0].aggregate[0].metric = "acc".to_owned();
        let found = averages_with(acc, &["heb_snli", "heb_trans_flores"]);
        assert_eq!(found[0].value, Err("heb_trans_flores has no metric acc,none".to_owned()));
        let alone = |manifest: &mut Manifest| {
            acc(manifest);
            manifest.groups[0].tasks.truncate(1);
        };
        assert_eq!(averages_with(alone, &["heb_snli"])[0].value, Ok(0.5));
    }

    #[test]
    fn the_average_of_nested_groups_is_theirs() {
        let nested = |manifest: &mut Manifest| {
            manifest.groups[0].groups = vec!["inner".to_owned()];
            manifest.groups[0].tasks.push("probe_en".to_owned());
            let mut inner = manifest.groups[0].clone();
            inner.name = "inner".to_owned();
            inner.groups.clear();
            inner.tasks.retain(|task| task != "probe_en");
            manifest.groups.push(inner);
        };
        let found = averages_with(nested, &["heb_snli", "heb_trans_flores", "probe_en"]);
        assert_eq!(found[0].weights, [0.25, 0.25, 0.5]);
        assert_eq!(found[1].value, Ok((50.0 + 24.5) / 2.0));
        let probe = found[0].value.clone().unwrap() - 0.5 * found[1].value.clone().unwrap();
        assert!(probe > 0.0);
    }
}
