//! What a comparison could have found.

use super::interval::z;
use super::mcnemar::Flips;

/// The smallest true difference of two accuracies that a comparison of `n` documents finds with
/// probability `power` at two-sided level 1 − `level`, when the models disagree on the share
/// `discordance` of them: (z_(1+level)/2 + z_power) · √(discordance / n). As a share; `None` for
/// n = 0 or a discordance outside (0, 1].
#[must_use]
pub fn minimum_detectable_difference(
    n: usize,
    discordance: f64,
    level: f64,
    power: f64,
) -> Option<f64> {
    let usable = n > 0 && discordance > 0.0 && discordance <= 1.0 && (0.5..1.0).contains(&power);
    usable.then(|| (z(level) + z(2.0 * power - 1.0)) * (discordance / n as f64).sqrt())
}

/// The smallest true difference that a two-sided test at 1 − `level` finds with probability `power`
/// when the statistic has this standard error under no difference:
/// (z_(1+level)/2 + z_power) · error. `None` for an error that is not positive.
#[must_use]
pub fn minimum_detectable(null_error: f64, level: f64, power: f64) -> Option<f64> {
    let usable = null_error > 0.0 && null_error.is_finite() && (0.5..1.0).contains(&power);
    usable.then(|| (z(level) + z(2.0 * power - 1.0)) * null_error)
}

/// The fewest documents that two models must answer differently, all in one direction, for the
/// exact McNemar test to reach `alpha`; with Holm's first step over m comparisons, pass alpha / m.
/// `None` for an alpha that no number reaches.
#[must_use]
pub fn fewest_discordant(alpha: f64) -> Option<u64> {
    (1..=64).find(|&gained| Flips { gained, lost: 0 }.exact_p() <= alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detectable_differences() {
        let percent = |n, d| 100.0 * minimum_detectable_difference(n, d, 0.95, 0.8).unwrap();
        let cases = [
            (278, [3.8, 5.3, 7.5]),
            (300, [3.6, 5.1, 7.2]),
            (1000, [2.0, 2.8, 4.0]),
            (2500, [1.3, 1.8, 2.5]),
        ];
        for (n, expected) in cases {
            for (discordance, expected) in [0.05, 0.1, 0.2].into_iter().zip(expected) {
                assert!((percent(n, discordance) - expected).abs() < 0.05, "{n} {discordance}");
            }
        }
        assert_eq!(minimum_detectable_difference(0, 0.1, 0.95, 0.8), None);
        assert_eq!(minimum_detectable_difference(10, 0.0, 0.95, 0.8), None);
    }

    #[test]
    fn errors_and_discordance_say_the_same() {
        let by_error = minimum_detectable((0.2_f64 / 300.0).sqrt(), 0.95, 0.8);
        assert_eq!(by_error, minimum_detectable_difference(300, 0.2, 0.95, 0.8));
        assert_eq!(minimum_detectable(0.0, 0.95, 0.8), None);
    }

    #[test]
    fn six_flips_alone_and_nine_among_twelve_comparisons() {
        assert_eq!(fewest_discordant(0.05), Some(6));
        assert_eq!(fewest_discordant(0.05 / 12.0), Some(9));
        assert_eq!(fewest_discordant(0.0), None);
    }
}
