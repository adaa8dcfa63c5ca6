//! The cluster bootstrap.
//!
//! Replicates draw clusters with replacement; replicate r draws from its own random stream, so
//! the numbers do not depend on threads. Intervals are pivotal (basic), 2θ̂ − q: percentile
//! intervals of entropies are off-centre because resampling documents lowers an entropy a second
//! time (Davison & Hinkley 1997, §5.2).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::formula::{Formula, add, cluster_rows};
use super::interval::z;
use super::{Clusters, stderr};
use crate::random::SplitMix64;
use crate::{Estimate, Interval, IntervalMethod};

/// How to resample.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Resampling {
    /// Names the random streams.
    pub seed: u64,
    /// Replicates.
    pub draws: usize,
    /// Nominal coverage of intervals.
    pub level: f64,
}

impl Default for Resampling {
    /// 2,000 replicates for 95 % intervals, from a fixed seed.
    fn default() -> Self {
        Self { seed: 1234, draws: 2000, level: 0.95 }
    }
}

/// Values of a statistic over resampled items: each replicate passes how often every item
/// `0..items` was drawn (the multiplicities sum to `items`). Replicates without a value are left
/// out; the others stay in order.
pub fn replicates<T: Send>(
    items: usize,
    resampling: Resampling,
    statistic: impl Fn(&[u32]) -> Option<T> + Sync,
) -> Vec<T> {
    let drawn = (0..resampling.draws as u64).into_par_iter();
    let values =
        drawn.map(|replicate| statistic(&multiplicities(items, resampling.seed, replicate)));
    let values: Vec<Option<T>> = values.collect();
    values.into_iter().flatten().collect()
}

/// The pivotal interval around `value`; `None` with fewer than two replicates, or when all
/// replicates are alike (an interval of width zero would claim certainty).
#[must_use]
pub fn pivotal(value: f64, mut replicates: Vec<f64>, level: f64) -> Option<Interval> {
    replicates.retain(|x| x.is_finite());
    replicates.sort_by(f64::total_cmp);
    let (first, last) = (*replicates.first()?, *replicates.last()?);
    if last - first <= 1e-12 * value.abs().max(1e-300) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let low = 2.0 * value - quantile(&replicates, 1.0 - tail);
    let high = 2.0 * value - quantile(&replicates, tail);
    Some(Interval { low, high, level, method: IntervalMethod::ClusterBootstrap })
}

/// How much wider an interval of a mean over few clusters must be than its replicates say:
/// √(c/(c − 1)) · t/z with c − 1 degrees of freedom (Hesterberg 2015, "What teachers should know
/// about the bootstrap", §5.3). 1.06 for 30 clusters, 1.006 for 240. Infinite for one.
#[must_use]
pub fn expansion(clusters: usize, level: f64) -> f64 {
    let count = clusters as f64;
    match StudentsT::new(0.0, 1.0, count - 1.0) {
        Ok(t) if clusters > 1 => {
            (count / (count - 1.0)).sqrt() * t.inverse_cdf(0.5 + level / 2.0) / z(level)
        }
        _ => f64::INFINITY,
    }
}

/// The interval with both ends `factor` times as far from `value`.
#[must_use]
pub fn expanded(interval: &Interval, value: f64, factor: f64) -> Interval {
    let end = |end: f64| value + (end - value) * factor;
    Interval { low: end(interval.low), high: end(interval.high), ..interval.clone() }
}

/// Mean of one number a document, with lm-eval's standard error and a cluster bootstrap
/// interval. `None` without documents or when `values` and `clusters` differ in number.
#[must_use]
pub fn mean(values: &[f64], clusters: &Clusters, resampling: Resampling) -> Option<Estimate> {
    let ones = vec![1.0; values.len()];
    let mut estimate = ratio(values, &ones, clusters, |mean| mean, resampling)?;
    estimate.stderr = stderr::of_mean(values);
    Some(estimate)
}

/// `transform(Σ sums / Σ weights)` over documents, for metrics such as perplexities (weights =
/// words or bytes), with a cluster bootstrap interval whose replicates' standard deviation is the
/// standard error.
#[must_use]
pub fn ratio(
    sums: &[f64],
    weights: &[f64],
    clusters: &Clusters,
    transform: impl Fn(f64) -> f64 + Sync,
    resampling: Resampling,
) -> Option<Estimate> {
    if sums.len() != clusters.documents() || weights.len() != clusters.documents() {
        return None;
    }
    let (sums, weights) = (clusters.sums(sums), clusters.sums(weights));
    let statistic = |times: &[u32]| weighted_ratio(&sums, &weights, times).map(&transform);
    let value = statistic(&vec![1; clusters.len()])?;
    let replicates = replicates(clusters.len(), resampling, statistic);
    let stderr = stderr::sample_sd(&replicates).filter(|_| clusters.len() > 1);
    let interval = pivotal(value, replicates, resampling.level);
    Some(Estimate { value, stderr, interval, n: clusters.documents() })
}

/// A score that follows from sums over documents, with a cluster bootstrap interval whose
/// replicates' standard deviation is the standard error. `rows` holds each document's row. `None`
/// when rows do not fit the clusters or the score does not exist.
#[must_use]
pub fn of_sums(
    formula: Formula,
    rows: &[Vec<f64>],
    clusters: &Clusters,
    resampling: Resampling,
) -> Option<Estimate> {
    let rows = cluster_rows(rows, clusters)?;
    let value = resampled(formula, &rows, &vec![1; clusters.len()])?;
    let replicates =
        replicates(clusters.len(), resampling, |times| resampled(formula, &rows, times));
    let stderr = stderr::sample_sd(&replicates).filter(|_| clusters.len() > 1);
    let interval = pivotal(value, replicates, resampling.level);
    Some(Estimate { value, stderr, interval, n: clusters.documents() })
}

/// The score of clusters drawn that often; `rows` holds each cluster's sums.
pub(super) fn resampled(formula: Formula, rows: &[Vec<f64>], times: &[u32]) -> Option<f64> {
    let mut sums = vec![0.0; rows.first()?.len()];
    let drawn = rows.iter().zip(times).filter(|(_, times)| **times > 0);
    drawn.for_each(|(row, &times)| add(&mut sums, row, f64::from(times)));
    formula.of(&sums)
}

/// Quantile of ascending values by linear interpolation (Hyndman & Fan's type 7). NaN of none.
#[must_use]
pub fn quantile(ascending: &[f64], p: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let (low, high) = (ascending[below], ascending[(below + 1).min(last)]);
    low + (high - low) * (position - below as f64)
}

fn multiplicities(items: usize, seed: u64, replicate: u64) -> Vec<u32> {
    let mut random = SplitMix64::stream(seed, replicate);
    let mut times = vec![0; items];
    for _ in 0..items {
        times[random.below(items)] += 1;
    }
    times
}

fn weighted_ratio(sums: &[f64], weights: &[f64], times: &[u32]) -> Option<f64> {
    let total =
        |values: &[f64]| -> f64 { values.iter().zip(times).map(|(x, &t)| x * f64::from(t)).sum() };
    let weight = total(weights);
    (weight > 0.0).then(|| total(sums) / weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let values = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(
            (quantile(&values, 0.0), quantile(&values, 0.5), quantile(&values, 1.0)),
            (0.0, 1.5, 3.0)
        );
        assert!((quantile(&values, 0.1) - 0.3).abs() < 1e-15);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn pivotal_mirrors_the_quantiles() {
        let replicates: Vec<f64> = (0..=100).map(f64::from).collect();
        let interval = pivotal(60.0, replicates, 0.9).unwrap();
        assert!((interval.low - 25.0).abs() < 1e-9 && (interval.high - 115.0).abs() < 1e-9);
    }

    /// scipy: `sqrt(30/29) * t.ppf(.975, 29) / norm.ppf(.975)`.
    #[test]
    fn few_clusters_widen() {
        assert!((expansion(30, 0.95) - 1.061_35).abs() < 1e-4, "{}", expansion(30, 0.95));
        assert!(expansion(2, 0.95) > 9.0 && expansion(1, 0.95).is_infinite());
        let interval = pivotal(60.0, (0..=100).map(f64::from).collect(), 0.9).unwrap();
        let wide = expanded(&interval, 60.0, 2.0);
        assert!((wide.low + 10.0).abs() < 1e-9 && (wide.high - 170.0).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_a_mean_is_near_its_normal_one() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i % 10) / 10.0).collect();
        let estimate = mean(&values, &Clusters::singletons(200), Resampling::default()).unwrap();
        let (error, interval) = (estimate.stderr.unwrap(), estimate.interval.unwrap());
        assert!(((interval.high - interval.low) / (2.0 * 1.96 * error) - 1.0).abs() < 0.08);
        assert!(((interval.high + interval.low) / 2.0 - estimate.value).abs() < 0.2 * error);
    }

    #[test]
    fn clusters_are_drawn_whole() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i / 6 % 2)).collect();
        let labels: Vec<String> = (0..60).map(|i| (i / 6).to_string()).collect();
        let clusters = Clusters::from_labels(labels.iter().map(String::as_str));
        let width = |clusters: &Clusters| {
            let interval =
                mean(&values, clusters, Resampling::default()).unwrap().interval.unwrap();
            interval.high - interval.low
        };
        assert!(width(&clusters) > 1.8 * width(&Clusters::singletons(60)));
    }

    #[test]
    fn threads_do_not_matter() {
        let values: Vec<f64> = (0..30).map(f64::from).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| mean(&values, &Clusters::singletons(30), Resampling::default()))
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn ratios_are_of_sums() {
        let (sums, weights) = ([-4.0, -2.0], [2.0, 2.0]);
        let estimate =
            ratio(&sums, &weights, &Clusters::singletons(2), |r| (-r).exp(), Resampling::default());
        assert!((estimate.unwrap().value - 1.5_f64.exp()).abs() < 1e-12);
    }

    #[test]
    fn sums_and_ratios_agree() {
        let rows: Vec<Vec<f64>> = (1..40).map(|i| vec![f64::from(i * 7 % 11), 20.0]).collect();
        let clusters = Clusters::singletons(39);
        let edits: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        let rate = |ratio: f64| 100.0 * ratio;
        let of_ratio = ratio(&edits, &[20.0; 39], &clusters, rate, Resampling::default()).unwrap();
        let found = of_sums(Formula::Ter, &rows, &clusters, Resampling::default()).unwrap();
        assert!((found.value - of_ratio.value).abs() < 1e-12);
        let ends =
            |estimate: &Estimate| estimate.interval.clone().map(|i| (i.low, i.high)).unwrap();
        let (a, b) = (ends(&found), ends(&of_ratio));
        assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "the same draws");
        assert_eq!(of_sums(Formula::Ter, &rows[1..], &clusters, Resampling::default()), None);
    }

    #[test]
    fn certainty_is_never_claimed() {
        let alike = mean(&[0.0; 9], &Clusters::singletons(9), Resampling::default()).unwrap();
        assert_eq!((alike.value, alike.interval), (0.0, None));
        let one = mean(&[0.3], &Clusters::singletons(1), Resampling::default()).unwrap();
        assert_eq!((one.stderr, one.interval, one.n), (None, None, 1));
        assert_eq!(mean(&[], &Clusters::singletons(0), Resampling::default()), None);
    }
}
