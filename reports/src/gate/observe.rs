//! Scores that rules bound.

use harness_metrics::Interval;

use super::policy::{Measure, Rule};
use super::verdict::{Observed, Verdict};
use crate::estimates::Unit;
use crate::summary::comparison::{
    AverageDifference, Comparison, NoDifference, Side, TaskDifference,
};
use crate::summary::{Average, CellState};

/// A number, or why there is none.
pub(super) type Sight = Result<Observed, (Verdict, String)>;

fn missing<T>(reason: String) -> Result<T, (Verdict, String)> {
    Err((Verdict::Missing, reason))
}

/// A task's headline metric.
pub(super) fn task(
    rule: &Rule,
    name: &str,
    new: Side<'_>,
    comparison: Option<&Comparison>,
) -> Sight {
    if rule.measure() == Measure::Value {
        return task_value(name, new);
    }
    let found = comparison.map(|c| c.tasks.iter().find(|task| task.task == name));
    match found {
        None => missing("there is no baseline".to_owned()),
        Some(None) => missing(format!("{name} is not part of the run")),
        Some(Some(difference)) => task_gain(rule, difference),
    }
}

fn task_value(name: &str, side: Side<'_>) -> Sight {
    let manifest = side.summary.manifest.tasks.get(name);
    let (Some(cell), Some(task)) = (side.summary.cell(side.alias, name), manifest) else {
        return missing(format!("{name} is not part of the run"));
    };
    let reason = match &cell.state {
        CellState::Scored => "it is unscored".to_owned(),
        CellState::Missing(reason) => format!("no data: {reason}"),
        CellState::Failed(reason) => format!("it failed: {reason}"),
        CellState::Unfinished => "it is unfinished".to_owned(),
    };
    let scored = cell.headline(task).and_then(|scored| Some((scored, scored.row.value?)));
    let Some((scored, value)) = scored else { return missing(reason) };
    let unit = scored.row.unit;
    Ok(Observed { n: scored.row.n, ..shown(unit, value, scored.interval.as_ref()) })
}

fn task_gain(rule: &Rule, task: &TaskDifference) -> Sight {
    let difference = match &task.outcome {
        Ok(difference) => difference,
        Err(why) => return Err(unseen(why)),
    };
    let seen = Observed {
        n: difference.n,
        p: Some(difference.p),
        detectable: difference.detectable.map(|d| task.unit.shown(d)),
        ..shown(task.unit, difference.value(), difference.interval.as_ref())
    };
    let turned = rule.measure() == Measure::Gain && !task.higher_is_better;
    Ok(if turned { negated(&seen) } else { seen })
}

fn negated(seen: &Observed) -> Observed {
    let minus = |end: Option<f64>| end.map(|end| -end);
    let (low, high) = (minus(seen.high), minus(seen.low));
    Observed { value: -seen.value, low, high, ..*seen }
}

/// Group averages or averages by category.
pub(super) fn average(
    rule: &Rule,
    name: &str,
    own: &[Average],
    differences: Option<&[AverageDifference]>,
) -> Sight {
    let absent = || missing(format!("no average of `{name}` is part of the run"));
    if rule.measure() == Measure::Value {
        let Some(average) = own.iter().find(|average| average.group == name) else {
            return absent();
        };
        return match &average.value {
            Err(reason) => missing(reason.clone()),
            Ok(value) => Ok(Observed {
                n: average.n,
                ..shown(average.unit, *value, average.interval.as_ref())
            }),
        };
    }
    let Some(differences) = differences else { return missing("there is no baseline".to_owned()) };
    let Some(average) = differences.iter().find(|average| average.name == name) else {
        return absent();
    };
    match &average.outcome {
        Err(why) => Err(unseen(why)),
        Ok(difference) => Ok(Observed {
            n: difference.n,
            p: Some(difference.p),
            detectable: difference.detectable.map(|d| average.unit.shown(d)),
            ..shown(average.unit, difference.value(), difference.interval.as_ref())
        }),
    }
}

fn unseen(why: &NoDifference) -> (Verdict, String) {
    match why {
        NoDifference::Absent(reason) => (Verdict::Missing, reason.clone()),
        NoDifference::Incomparable(fields) => (Verdict::Incomparable, fields.join("; ")),
    }
}

/// On 0-100 where the unit is a share.
fn shown(unit: Unit, value: f64, interval: Option<&Interval>) -> Observed {
    Observed {
        value: unit.shown(value),
        low: interval.map(|interval| unit.shown(interval.low)),
        high: interval.map(|interval| unit.shown(interval.high)),
        level: interval.map_or(0.95, |interval| interval.level),
        digits: if unit == Unit::Plain { 3 } else { 1 },
        ..Observed::default()
    }
}
