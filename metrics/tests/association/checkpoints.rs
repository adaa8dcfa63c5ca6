//! The link over checkpoints and over changes on the edges of a lineage.

use harness_metrics::association::checkpoints::{Point, link};
use harness_metrics::association::deltas::{self, Delta};
use harness_metrics::random::SplitMix64;

use crate::simulation::{RUNS, assert_level, normal, resampling, share};

/// Seven lineages of one checkpoint: 5,040 arrangements, so the p-value is hardly coarse.
#[test]
fn the_level_is_kept_over_lineages() {
    let significant = |run: u64| {
        let mut random = SplitMix64::stream(73, run);
        let point =
            |lineage| Point { lineage, routing: normal(&mut random), score: normal(&mut random) };
        let found = link(&(0..7).map(point).collect::<Vec<_>>(), resampling(run)).unwrap();
        found.p_if_independent.unwrap() <= 0.05
    };
    assert_level("seven lineages", share(RUNS, significant));
}

/// Three lineages of three checkpoints with a level of their own in both numbers: as if
/// independent they correlate, within lineages they do not. 216 arrangements, a coarse p-value.
#[test]
fn lineages_with_levels_of_their_own_need_exchanges_within() {
    let both = |run: u64| {
        let mut random = SplitMix64::stream(74, run);
        let level: Vec<f64> = (0..3).map(|_| 3.0 * normal(&mut random)).collect();
        let point = |i: usize| Point {
            lineage: i / 3,
            routing: level[i / 3] + normal(&mut random),
            score: level[i / 3] + normal(&mut random),
        };
        let found = link(&(0..9).map(point).collect::<Vec<_>>(), resampling(run)).unwrap();
        (found.p_if_independent.unwrap() <= 0.05, found.p_within_lineages.unwrap() <= 0.05)
    };
    let (naive, within) = (share(200, |run| both(run).0), share(RUNS, |run| both(run).1));
    assert!(naive > 0.3 && within <= 0.065, "{naive} {within}");
}

/// Six tasks on two edges. Tasks share their change over edges, and edges have a mean change.
fn changes(run: u64, shared: f64) -> Vec<Delta> {
    let mut random = SplitMix64::stream(75, run);
    let of_task: Vec<[f64; 2]> =
        (0..6).map(|_| [normal(&mut random), normal(&mut random)]).collect();
    let of_edge: Vec<f64> = (0..2).map(|_| 2.0 * normal(&mut random)).collect();
    let delta = |i: usize| {
        let (edge, task) = (i / 6, i % 6);
        Delta {
            edge,
            task,
            routing: of_edge[edge] + shared * of_task[task][0] + normal(&mut random),
            score: of_edge[edge] + shared * of_task[task][1] + normal(&mut random),
        }
    };
    (0..12).map(delta).collect()
}

#[test]
fn the_level_is_kept_over_changes() {
    let significant = |run: u64, shared: f64| {
        let found = deltas::link(&changes(run, shared), resampling(run)).unwrap();
        found.p.unwrap() <= 0.05
    };
    assert_level("tasks by themselves", share(RUNS, |run| significant(run, 0.0)));
    assert_level("tasks alike on both edges", share(RUNS, |run| significant(run, 2.0)));
}
