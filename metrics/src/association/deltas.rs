//! Over changes from parent to child: do tasks whose routing moved more gain more?
//!
//! A point is a task on one edge of the lineage: the change of its routing measure and of its
//! score. Edges share tasks and tasks share edges, so points are not independent. The mean of
//! each edge is taken out, and the test exchanges whole tasks, on all edges at once.

use super::correlation::{self, pearson};
use super::line::t_quantile;
use crate::scores::Resampling;
use crate::{Interval, IntervalMethod};

/// A task on one edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Delta {
    /// Number of the edge.
    pub edge: usize,
    /// Number of the task.
    pub task: usize,
    /// Change of the routing measure, child minus parent.
    pub routing: f64,
    /// Change of the score, child minus parent.
    pub score: f64,
}

/// What the changes say.
#[derive(Clone, PartialEq, Debug)]
pub struct DeltaLink {
    /// Correlation within edges.
    pub r: f64,
    /// Change of score with one unit of routing, edges' means taken out, with an interval
    /// clustered by task (Student's t with tasks − 1 degrees of freedom).
    pub slope: f64,
    /// That interval; `None` below 3 tasks.
    pub interval: Option<Interval>,
    /// Two-sided p of exchanging whole tasks, twice the smaller tail; `None` below 3 tasks.
    pub p: Option<f64>,
    /// Points: tasks times edges.
    pub n: usize,
    /// Tasks that every edge has: the independent units.
    pub tasks: usize,
    /// Edges.
    pub edges: usize,
}

/// Asks the changes; tasks that not every edge has are left out. `None` below two such tasks or
/// without variation.
#[must_use]
pub fn link(deltas: &[Delta], resampling: Resampling) -> Option<DeltaLink> {
    let edges = distinct(deltas.iter().map(|delta| delta.edge));
    let on_all = |task: &usize| {
        edges.iter().all(|edge| deltas.iter().any(|d| d.task == *task && d.edge == *edge))
    };
    let tasks: Vec<usize> =
        distinct(deltas.iter().map(|delta| delta.task)).into_iter().filter(on_all).collect();
    let table = |value: fn(&Delta) -> f64| -> Vec<Vec<f64>> {
        let of = |edge: usize, task: usize| {
            deltas.iter().find(|d| d.edge == edge && d.task == task).map_or(0.0, value)
        };
        edges
            .iter()
            .map(|&edge| centred(tasks.iter().map(|&task| of(edge, task)).collect()))
            .collect()
    };
    let (routing, scores) = (table(|delta| delta.routing), table(|delta| delta.score));
    let (x, y) = (routing.concat(), scores.concat());
    let squares: f64 = x.iter().map(|x| x * x).sum();
    let r = pearson(&x, &y).filter(|_| tasks.len() > 1)?;
    let slope = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / squares;
    Some(DeltaLink {
        r,
        slope,
        interval: interval(&routing, &scores, slope, resampling.level),
        p: (tasks.len() > 2).then(|| p(&routing, &scores, resampling)).flatten(),
        n: x.len(),
        tasks: tasks.len(),
        edges: edges.len(),
    })
}

fn distinct(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    values.into_iter().map(|value| value - mean).collect()
}

/// Sandwich over tasks; tables are `[edges][tasks]`.
fn interval(x: &[Vec<f64>], y: &[Vec<f64>], slope: f64, level: f64) -> Option<Interval> {
    let tasks = x.first().map_or(0, Vec::len);
    if tasks < 3 {
        return None;
    }
    let of_task = |task: usize| -> f64 {
        x.iter().zip(y).map(|(x, y)| x[task] * (y[task] - slope * x[task])).sum()
    };
    let meat: f64 = (0..tasks).map(|task| of_task(task).powi(2)).sum();
    let squares: f64 = x.iter().flatten().map(|x| x * x).sum();
    let correction = tasks as f64 / (tasks as f64 - 1.0);
    let half = t_quantile(tasks - 1, level) * (correction * meat).sqrt() / squares;
    Some(Interval { low: slope - half, high: slope + half, level, method: IntervalMethod::Normal })
}

/// Exchanges the tasks' columns of `x`. The statistic is Σ x y, which orders as r does because
/// the squares stay.
fn p(x: &[Vec<f64>], y: &[Vec<f64>], resampling: Resampling) -> Option<f64> {
    let tasks = x.first()?.len();
    // products[a][b]: routing of task a beside scores of task b, over all edges.
    let product = |a: usize, b: usize| -> f64 { x.iter().zip(y).map(|(x, y)| x[a] * y[b]).sum() };
    let products: Vec<Vec<f64>> =
        (0..tasks).map(|a| (0..tasks).map(|b| product(a, b)).collect()).collect();
    correlation::assignment_p(&products, resampling)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(edge: usize, task: usize, routing: f64, score: f64) -> Delta {
        Delta { edge, task, routing, score }
    }

    /// Two edges of three tasks; the second edge is the first one shifted, which must not matter.
    #[test]
    fn whole_tasks_are_exchanged() {
        let one = [(0.1, 1.0), (0.2, 2.0), (0.4, 5.0)];
        let edge = |e: usize, shift: f64| {
            one.iter().enumerate().map(move |(t, (x, y))| delta(e, t, x + shift, y - 9.0 * shift))
        };
        let both: Vec<Delta> = edge(0, 0.0).chain(edge(1, 7.0)).collect();
        let single: Vec<Delta> = edge(0, 0.0).collect();
        let (found, alone) = (
            link(&both, Resampling::default()).unwrap(),
            link(&single, Resampling::default()).unwrap(),
        );
        assert_eq!((found.n, found.tasks, found.edges), (6, 3, 2));
        assert!((found.r - alone.r).abs() < 1e-9 && (found.slope - alone.slope).abs() < 1e-9);
        // The observed order is the best of 3! = 6, alone in its tail: 2/6.
        assert!((found.p.unwrap() - 1.0 / 3.0).abs() < 1e-12, "two edges are not more tasks");
        let interval = found.interval.unwrap();
        assert!(interval.low < found.slope && found.slope < interval.high);
    }

    #[test]
    fn tasks_that_an_edge_lacks_are_left_out() {
        let deltas = [delta(0, 0, 0.0, 0.0), delta(0, 1, 1.0, 1.0), delta(1, 0, 0.0, 0.0)];
        assert_eq!(link(&deltas, Resampling::default()), None);
        assert_eq!(link(&[], Resampling::default()), None);
    }
}
