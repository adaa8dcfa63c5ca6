//! Differences of averages over tasks.

use harness_metrics::Interval;
use harness_metrics::scores::{holm, interval, paired, power};

use super::{CompareOptions, Difference, NoDifference, TaskDifference, Verdict};
use crate::estimates::Unit;
use crate::manifest::HEADLINE;
use crate::summary::Average;

/// new − old of an average, tasks weighted as the average does.
#[derive(Clone, Debug)]
pub struct AverageDifference {
    /// Name of the group or category.
    pub name: String,
    /// The metric, or [`HEADLINE`].
    pub metric: String,
    /// How it is shown.
    pub unit: Unit,
    /// Tasks that entered.
    pub tasks: Vec<String>,
    /// (task, stand-in) where a stand-in took a task's place.
    pub stand_ins: Vec<(String, String)>,
    /// The difference, or why there is none.
    pub outcome: Result<MeanDifference, NoDifference>,
}

/// The numbers of an [`AverageDifference`], in its unit. Tasks are independent samples, so their
/// variances add.
#[derive(Clone, PartialEq, Debug)]
pub struct MeanDifference {
    /// The baseline's average over the common documents.
    pub old: f64,
    /// The model's.
    pub new: f64,
    /// Standard error; `None` where a task has none.
    pub stderr: Option<f64>,
    /// 95 % interval, value ± z · stderr.
    pub interval: Option<Interval>,
    /// 90 % interval.
    pub interval_90: Option<Interval>,
    /// Documents of all tasks.
    pub n: usize,
    /// Two-sided p-value; 1 without a standard error.
    pub p: f64,
    /// Adjusted for all averages of the table.
    pub p_holm: f64,
    /// The smallest true difference that is found in four of five cases.
    pub detectable: Option<f64>,
    /// Below this the averages count as the same.
    pub margin: f64,
    /// What follows.
    pub verdict: Verdict,
}

impl MeanDifference {
    /// new − old.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.new - self.old
    }

    fn decide(&mut self, p_holm: f64, alpha: f64) {
        let within = |interval: &Interval| paired::is_equivalent(interval, self.margin);
        let is_same = self.interval_90.as_ref().is_some_and(within);
        self.p_holm = p_holm;
        self.verdict = Verdict::of(self.value(), p_holm, is_same, alpha);
    }
}

/// Compares two models' averages of the same name; `task` finds a task's difference under the
/// average's metric.
pub(super) fn difference(
    old: &Average,
    new: &Average,
    task: impl Fn(&str) -> Option<TaskDifference>,
    options: &CompareOptions,
) -> AverageDifference {
    AverageDifference {
        name: new.group.clone(),
        metric: new.metric.clone(),
        unit: new.unit,
        tasks: new.tasks.clone(),
        stand_ins: new.stand_ins.clone(),
        outcome: outcome(old, new, task, options),
    }
}

/// A task's part: difference and the factor from its unit to the average's, weight included.
type Part = (Difference, f64);

fn outcome(
    old: &Average,
    new: &Average,
    task: impl Fn(&str) -> Option<TaskDifference>,
    options: &CompareOptions,
) -> Result<MeanDifference, NoDifference> {
    let absent =
        |who: &str, reason: &String| NoDifference::Absent(format!("{who} has none: {reason}"));
    old.value.as_ref().map_err(|reason| absent("the baseline", reason))?;
    new.value.as_ref().map_err(|reason| absent("the model", reason))?;
    if old.tasks != new.tasks {
        let tasks = format!("tasks: {} / {}", old.tasks.join(", "), new.tasks.join(", "));
        return Err(NoDifference::Incomparable(vec![tasks]));
    }
    let part = |(name, weight): (&String, &f64)| -> Result<Part, NoDifference> {
        let found =
            task(name).ok_or_else(|| NoDifference::Absent(format!("{name} is not compared")))?;
        let scale = if new.metric == HEADLINE { found.unit.shown(1.0) } else { 1.0 };
        match found.outcome {
            Ok(difference) => Ok((difference, weight * scale)),
            Err(NoDifference::Absent(reason)) => {
                Err(NoDifference::Absent(format!("{name}: {reason}")))
            }
            Err(NoDifference::Incomparable(fields)) => {
                let named = fields.into_iter().map(|field| format!("{name}, {field}"));
                Err(NoDifference::Incomparable(named.collect()))
            }
        }
    };
    let parts: Vec<Part> =
        new.tasks.iter().zip(&new.weights).map(part).collect::<Result<_, _>>()?;
    Ok(joined(&parts, new.unit, options))
}

fn joined(parts: &[Part], unit: Unit, options: &CompareOptions) -> MeanDifference {
    let total = |pick: fn(&Difference) -> f64| -> f64 {
        parts.iter().map(|(difference, factor)| pick(difference) * factor).sum()
    };
    let errors: Option<Vec<f64>> = parts
        .iter()
        .map(|(difference, factor)| Some(difference.working_error()? * factor))
        .collect();
    let stderr = errors.map(|errors| errors.iter().map(|e| e * e).sum::<f64>().sqrt());
    let (old, new) = (total(|d| d.old), total(|d| d.new));
    let ends = |level| stderr.map(|stderr| interval::normal(new - old, stderr, level));
    let p = stderr.map_or(1.0, |stderr| interval::normal_p(new - old, stderr));
    let mut difference = MeanDifference {
        old,
        new,
        stderr,
        interval: ends(options.resampling.level),
        interval_90: ends(0.90),
        n: parts.iter().map(|(difference, _)| difference.n).sum(),
        p,
        p_holm: p,
        detectable: stderr.and_then(|stderr| power::minimum_detectable(stderr, 0.95, 0.8)),
        margin: if unit == Unit::Fraction {
            options.margin_points / 100.0
        } else {
            options.margin_points
        },
        verdict: Verdict::Undecided,
    };
    difference.decide(p, options.alpha);
    difference
}

/// Adjusts the averages of a table together.
pub(super) fn adjust<'a>(
    averages: impl Iterator<Item = &'a mut AverageDifference>,
    options: &CompareOptions,
) {
    let mut found: Vec<&mut MeanDifference> =
        averages.filter_map(|average| average.outcome.as_mut().ok()).collect();
    let p_values: Vec<f64> = found.iter().map(|difference| difference.p).collect();
    for (difference, p) in found.iter_mut().zip(holm::adjust(&p_values)) {
        difference.decide(p, options.alpha);
    }
}
