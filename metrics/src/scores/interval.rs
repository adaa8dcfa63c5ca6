//! Intervals in closed form.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{Clusters, stderr};
use crate::{Interval, IntervalMethod};

/// The standard normal quantile that leaves (1 − level)/2 above it: 1.959964 for 0.95.
#[must_use]
pub fn z(level: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + level.clamp(0.0, 1.0 - 1e-12) / 2.0)
}

/// Wilson's score interval of `successes` among `n`, both of which may be effective (fractional)
/// sizes. Never of width zero, also when all are right or all wrong. `None` for n = 0.
#[must_use]
pub fn wilson(successes: f64, n: f64, level: f64) -> Option<Interval> {
    if n <= 0.0 || !(0.0..=n).contains(&successes) {
        return None;
    }
    let (z, p) = (z(level), successes / n);
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    let low = if successes == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes == n { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high, level, method: IntervalMethod::Wilson })
}

/// [`wilson`] of 0/1 scores whose documents come in clusters: the sample size is divided by the
/// design effect (clustered over independent variance of the mean, at least 1; Kish 1965), which
/// is 1 for singletons and for scores that are all alike.
#[must_use]
pub fn wilson_clustered(scores: &[f64], clusters: &Clusters, level: f64) -> Option<Interval> {
    let n = scores.len() as f64 / design_effect(scores, clusters);
    wilson(stderr::mean(scores)?.clamp(0.0, 1.0) * n, n, level)
}

/// Value ± z · stderr.
#[must_use]
pub fn normal(value: f64, stderr: f64, level: f64) -> Interval {
    let half = z(level) * stderr;
    Interval { low: value - half, high: value + half, level, method: IntervalMethod::Normal }
}

/// Agresti and Min's interval of the difference new − old of two proportions on the same `n`
/// documents: half a document is added to each of the four outcomes (Agresti & Min 2005, §3). Never
/// of width zero, also when nothing changed. `None` for n = 0 or more changes than documents.
#[must_use]
pub fn agresti_min(gained: f64, lost: f64, n: f64, level: f64) -> Option<Interval> {
    if n <= 0.0 || gained < 0.0 || lost < 0.0 || gained + lost > n {
        return None;
    }
    let (gained, lost, n) = (gained + 0.5, lost + 0.5, n + 2.0);
    let difference = (gained - lost) / n;
    let error = ((gained + lost) / n - difference * difference).max(0.0).sqrt() / n.sqrt();
    let half = z(level) * error;
    let (low, high) = ((difference - half).max(-1.0), (difference + half).min(1.0));
    Some(Interval { low, high, level, method: IntervalMethod::AgrestiMin })
}

/// Two-sided p-value of a number that is normal around 0 with this standard error; 1 for an error of
/// 0, which is no evidence.
#[must_use]
pub fn normal_p(value: f64, stderr: f64) -> f64 {
    if stderr <= 0.0 || !stderr.is_finite() {
        return 1.0;
    }
    (2.0 * Normal::standard().sf((value / stderr).abs())).min(1.0)
}

fn design_effect(scores: &[f64], clusters: &Clusters) -> f64 {
    let errors = stderr::of_mean_clustered(scores, clusters).zip(stderr::of_mean(scores));
    let effect = errors.filter(|(_, independent)| *independent > 0.0).map(|(c, i)| (c / i).powi(2));
    effect.unwrap_or(1.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published example: 81 of 263 gives 0.2553 to 0.3662 (Newcombe 1998, table I).
    #[test]
    fn agrees_with_newcombe() {
        let interval = wilson(81.0, 263.0, 0.95).unwrap();
        assert!((interval.low - 0.2553).abs() < 5e-5 && (interval.high - 0.3662).abs() < 5e-5);
        let none = wilson(0.0, 20.0, 0.95).unwrap();
        assert!(none.low == 0.0 && (none.high - 0.1611).abs() < 5e-5);
    }

    #[test]
    fn one_document_has_a_wide_interval_and_none_has_none() {
        let one = wilson(1.0, 1.0, 0.95).unwrap();
        assert!(one.low > 0.2 && one.low < 0.21 && one.high == 1.0);
        assert_eq!(wilson(0.0, 0.0, 0.95), None);
        assert_eq!(wilson(2.0, 1.0, 0.95), None);
    }

    #[test]
    fn twins_that_agree_widen_the_interval() {
        let scores = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let twins = Clusters::from_labels(["a", "a", "b", "b", "c", "c", "d", "d"]);
        let clustered = wilson_clustered(&scores, &twins, 0.95).unwrap();
        let apart = wilson_clustered(&scores, &Clusters::singletons(8), 0.95).unwrap();
        assert_eq!(Some(&apart), wilson(4.0, 8.0, 0.95).as_ref());
        assert!(clustered.high - clustered.low > 1.2 * (apart.high - apart.low));
        // All right: no variance to compare, and still no zero width.
        assert!(wilson_clustered(&[1.0; 8], &twins, 0.95).unwrap().low < 0.7);
    }

    /// By hand: (0.5 + 0.5)/242 = 1/242 discordant, difference 0.
    #[test]
    fn no_change_at_all_still_has_a_width() {
        let interval = agresti_min(0.0, 0.0, 240.0, 0.90).unwrap();
        let expected = 1.644_853_626_951_472_7 / 242.0;
        assert!((interval.high - expected).abs() < 1e-9 && interval.low == -interval.high);
        // 20 of 100 gained, 8 lost: (20.5 − 8.5)/102 ± 1.96 · √(29/102 − 0.1176²)/√102.
        let some = agresti_min(20.0, 8.0, 100.0, 0.95).unwrap();
        assert!((some.low - 0.016_719).abs() < 1e-6 && (some.high - 0.218_575).abs() < 1e-6);
        assert_eq!(
            (agresti_min(0.0, 0.0, 0.0, 0.9), agresti_min(9.0, 0.0, 8.0, 0.9)),
            (None, None)
        );
    }

    #[test]
    fn normal_tails() {
        assert!((normal_p(1.959_963_984_540_054, 1.0) - 0.05).abs() < 1e-9);
        assert_eq!((normal_p(3.0, 0.0), normal_p(0.0, 1.0)), (1.0, 1.0));
    }

    #[test]
    fn normal_quantiles() {
        assert!((z(0.95) - 1.959_963_984_540_054).abs() < 1e-9);
        let interval = normal(1.0, 0.5, 0.95);
        assert!((interval.high - 1.979_981_992_270_027).abs() < 1e-9);
    }
}
