//! The number of a group of tasks.
//!
//! Source: lm-evaluation-harness 0.4.13 `api/group.py` (`Group.aggregate`)
//! and `api/metrics.py`. It averages over the tasks that have the metric;
//! here a task without it is a hole, and a group with a hole has no number.

use std::collections::BTreeSet;

use super::Aggregate;

/// A leaf task of a group, with its numbers; none if it was not scored.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The task's name.
    pub task: &'a str,
    /// Its numbers.
    pub aggregates: &'a [Aggregate],
}

impl Member<'_> {
    fn find(&self, metric: &str, filter: &str) -> Option<&Aggregate> {
        self.aggregates
            .iter()
            .find(|aggregate| aggregate.metric == metric && aggregate.filter == filter)
    }

    /// The task's number of documents: the most that any metric has.
    fn documents(&self) -> usize {
        self.aggregates.iter().map(|aggregate| aggregate.n).max().unwrap_or(0)
    }
}

/// The group's numbers of one metric, one a filter: those named, or every
/// one that a member has, sorted.
///
/// With `weight_by_size` a task weighs by its documents, else all weigh the
/// same.
#[must_use]
pub fn aggregate_group(
    metric: &str,
    filters: Option<&[String]>,
    weight_by_size: bool,
    members: &[Member<'_>],
) -> Vec<Aggregate> {
    let filters = match filters {
        Some(named) => named.to_vec(),
        None => filters_of(metric, members),
    };
    filters.iter().map(|filter| of_filter(metric, filter, weight_by_size, members)).collect()
}

fn filters_of(metric: &str, members: &[Member<'_>]) -> Vec<String> {
    let aggregates = members.iter().flat_map(|member| member.aggregates);
    let filters = aggregates
        .filter(|aggregate| aggregate.metric == metric)
        .map(|aggregate| &aggregate.filter);
    filters.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn of_filter(
    metric: &str,
    filter: &str,
    weight_by_size: bool,
    members: &[Member<'_>],
) -> Aggregate {
    let found: Vec<&Aggregate> =
        members.iter().filter_map(|member| member.find(metric, filter)).collect();
    let sizes: Vec<usize> = members.iter().map(Member::documents).collect();
    let stderrs: Option<Vec<f64>> = found.iter().map(|aggregate| aggregate.stderr).collect();
    let value =
        values(metric, filter, members).map(|values| average(&values, &sizes, weight_by_size));
    let stderr = stderrs.filter(|_| value.is_ok()).and_then(|stderrs| {
        if weight_by_size { pooled_stderr(&stderrs, &sizes) } else { unweighted_stderr(&stderrs) }
    });
    let first = found.first();
    Aggregate {
        metric: metric.to_owned(),
        filter: filter.to_owned(),
        value,
        stderr,
        n: sizes.iter().sum(),
        unscored: found.iter().map(|aggregate| aggregate.unscored).sum(),
        unscored_reason: found.iter().find_map(|aggregate| aggregate.unscored_reason.clone()),
        higher_is_better: first.is_none_or(|aggregate| aggregate.higher_is_better),
        scale: first.map_or(super::super::metrics::Scale::Unbounded, |aggregate| aggregate.scale),
        per_document: false,
        signature: None,
        contributions: None,
    }
}

/// The members' numbers, or who lacks one.
fn values(metric: &str, filter: &str, members: &[Member<'_>]) -> Result<Vec<f64>, String> {
    if members.is_empty() {
        return Err("the group has no task".to_owned());
    }
    let value = |member: &Member<'_>| member.find(metric, filter)?.value.clone().ok();
    let missing: Vec<&str> =
        members.iter().filter(|member| value(member).is_none()).map(|member| member.task).collect();
    if missing.is_empty() {
        return Ok(members.iter().filter_map(value).collect());
    }
    Err(format!("no average over a hole: {metric},{filter} is missing in {}", missing.join(", ")))
}

fn average(values: &[f64], sizes: &[usize], weight_by_size: bool) -> f64 {
    let weight = |size: usize| if weight_by_size { size as f64 } else { 1.0 };
    let sum: f64 = values.iter().zip(sizes).map(|(value, &size)| value * weight(size)).sum();
    sum / sizes.iter().map(|&size| weight(size)).sum::<f64>()
}

/// The standard error of a mean weighted by size, from a pooled variance:
/// √(Σ (nᵢ − 1) seᵢ² nᵢ / (Σnᵢ − k) / Σnᵢ). `None` where no task has a
/// second document.
#[must_use]
pub fn pooled_stderr(stderrs: &[f64], sizes: &[usize]) -> Option<f64> {
    let total: usize = sizes.iter().sum();
    let freedom = total.checked_sub(sizes.len()).filter(|&freedom| freedom > 0)?;
    let variance = |(stderr, &size): (&f64, &usize)| {
        size.saturating_sub(1) as f64 * stderr * stderr * size as f64
    };
    let pooled: f64 = stderrs.iter().zip(sizes).map(variance).sum::<f64>() / freedom as f64;
    Some((pooled / total as f64).sqrt())
}

/// The standard error of a plain mean of independent tasks: √(Σ seᵢ²) / k.
#[must_use]
pub fn unweighted_stderr(stderrs: &[f64]) -> Option<f64> {
    let squares: f64 = stderrs.iter().map(|stderr| stderr * stderr).sum();
    (!stderrs.is_empty()).then(|| squares.sqrt() / stderrs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::super::metrics::Scale;
    use super::*;

    fn aggregate(
        filter: &str,
        value: Result<f64, String>,
        stderr: Option<f64>,
        n: usize,
    ) -> Aggregate {
        Aggregate {
            metric: "acc".to_owned(),
            filter: filter.to_owned(),
            value,
            stderr,
            n,
            unscored: 0,
            unscored_reason: None,
            higher_is_better: true,
            scale: Scale::Fraction,
            per_document: true,
            signature: None,
            contributions: None,
        }
    }

    #[test]
    fn sizes_weigh_unless_they_do_not() {
        let (a, b) = (
            [aggregate("none", Ok(0.5), Some(0.1), 30)],
            [aggregate("none", Ok(1.0), Some(0.2), 10)],
        );
        let members = [Member { task: "a", aggregates: &a }, Member { task: "b", aggregates: &b }];
        let weighted = &aggregate_group("acc", None, true, &members)[0];
        assert_eq!((weighted.value.clone(), weighted.n), (Ok(0.625), 40));
        // (29 · 0.01 · 30 + 9 · 0.04 · 10) / 38 / 40
        assert!((weighted.stderr.unwrap() - (12.3_f64 / 38.0 / 40.0).sqrt()).abs() < 1e-15);
        let plain = &aggregate_group("acc", None, false, &members)[0];
        assert_eq!(plain.value, Ok(0.75));
        assert!((plain.stderr.unwrap() - 0.05_f64.sqrt() / 2.0).abs() < 1e-15);
    }

    #[test]
    fn there_is_no_average_over_a_hole() {
        let a = [aggregate("none", Ok(0.5), Some(0.1), 30), aggregate("strict", Ok(0.1), None, 30)];
        let b = [aggregate("none", Err("nan".to_owned()), None, 0)];
        let members = [
            Member { task: "a", aggregates: &a },
            Member { task: "b", aggregates: &b },
            Member { task: "c", aggregates: &[] },
        ];
        let all = aggregate_group("acc", None, true, &members);
        assert_eq!(all.len(), 2);
        let reason = all[0].value.clone().unwrap_err();
        assert!(reason.ends_with("acc,none is missing in b, c"), "{reason}");
        assert_eq!(all[0].stderr, None);
        let named = ["none".to_owned()];
        let one = aggregate_group("acc", Some(&named), true, &members[..1]);
        assert_eq!((one.len(), one[0].stderr.is_some()), (1, true));
    }

    #[test]
    fn tasks_of_one_document_have_no_pooled_error() {
        assert_eq!(pooled_stderr(&[0.0, 0.0], &[1, 1]), None);
        assert_eq!(unweighted_stderr(&[]), None);
    }
}
