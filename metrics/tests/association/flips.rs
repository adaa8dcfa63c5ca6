//! The flip link.

use harness_metrics::association::flips::{Flip, NoFlipLink, link};
use harness_metrics::random::SplitMix64;
use harness_metrics::scores::Clusters;

use crate::simulation::{RUNS, assert_level, happens, normal, resampling, share};

/// 180 flips of three tasks in clusters of `size`; both the change and the direction have a part
/// that a cluster shares, and both differ by task. `effect` joins them.
fn flips(run: u64, size: usize, effect: f64) -> (Vec<Flip>, Clusters) {
    let mut random = SplitMix64::stream(71, run);
    let labels: Vec<String> = (0..180).map(|i| (i / size).to_string()).collect();
    let shared: Vec<[f64; 2]> =
        (0..180).map(|_| [normal(&mut random), normal(&mut random)]).collect();
    let flip = |i: usize| {
        let task = i / 60;
        let change = shared[i / size][0] + normal(&mut random);
        let odds = 0.5 * task as f64 - 0.4 + shared[i / size][1] + effect * change;
        Flip { task, gained: happens(&mut random, odds), change: change + 2.0 * task as f64 }
    };
    ((0..180).map(flip).collect(), Clusters::from_labels(labels.iter().map(String::as_str)))
}

fn significant(run: u64, size: usize, effect: f64) -> bool {
    let (flips, clusters) = flips(run, size, effect);
    link(&flips, &clusters, resampling(run)).is_ok_and(|link| link.adjusted.p <= 0.05)
}

#[test]
fn the_level_is_kept() {
    assert_level("single documents", share(RUNS, |run| significant(run, 1, 0.0)));
    assert_level("clusters of five", share(RUNS, |run| significant(run, 5, 0.0)));
}

#[test]
fn an_effect_is_seen() {
    let power = share(200, |run| significant(run, 1, 0.5));
    assert!(power > 0.9, "{power}");
}

/// The interval, too, must know clusters: it misses zero about as often as the test rejects.
#[test]
fn the_interval_covers_nothing() {
    let misses = |size: usize| {
        share(RUNS, |run| {
            let (flips, clusters) = flips(run, size, 0.0);
            let interval =
                link(&flips, &clusters, resampling(run)).unwrap().adjusted.log_odds.interval;
            interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0)
        })
    };
    let (single, clustered) = (misses(1), misses(5));
    assert!(single < 0.075 && clustered < 0.085, "{single} {clustered}");
}

#[test]
fn tasks_that_go_one_way_say_nothing() {
    let (mut flips, clusters) = flips(0, 1, 0.0);
    flips.iter_mut().filter(|flip| flip.task == 1).for_each(|flip| flip.gained = true);
    let found = link(&flips, &clusters, resampling(0)).unwrap();
    assert_eq!((found.tasks, found.one_way), (vec![0, 2], 60));
    flips.iter_mut().for_each(|flip| flip.gained = true);
    let none = link(&flips, &clusters, resampling(0));
    assert_eq!(none, Err(NoFlipLink::TooFew { found: 0, one_way: 180 }));
    flips
        .iter_mut()
        .enumerate()
        .for_each(|(i, flip)| (flip.gained, flip.change) = (i % 2 == 0, 1.0));
    assert_eq!(link(&flips, &clusters, resampling(0)), Err(NoFlipLink::NoVariation));
}
