//! Random numbers and counting.

use harness_metrics::random::SplitMix64;
use harness_metrics::scores::Resampling;

/// Simulated runs of a null.
pub(crate) const RUNS: u64 = 2_000;

/// 199 draws: p = 0.05 is reached exactly by 9 more extreme ones.
pub(crate) fn resampling(run: u64) -> Resampling {
    Resampling { seed: run, draws: 199, ..Resampling::default() }
}

/// Uniform on 0..1.
pub(crate) fn uniform(random: &mut SplitMix64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Standard normal (Box and Muller).
pub(crate) fn normal(random: &mut SplitMix64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(random)).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(random)).cos()
}

/// True with the probability of these log-odds.
pub(crate) fn happens(random: &mut SplitMix64, log_odds: f64) -> bool {
    uniform(random) < 1.0 / (1.0 + (-log_odds).exp())
}

/// Share of runs for which `significant` holds.
pub(crate) fn share(runs: u64, significant: impl Fn(u64) -> bool) -> f64 {
    (0..runs).filter(|run| significant(*run)).count() as f64 / runs as f64
}

/// Fails unless a share of the null's runs is what a test at 5 % may have.
pub(crate) fn assert_level(name: &str, share: f64) {
    assert!((0.035..=0.065).contains(&share), "{name}: {:.2} % significant", 100.0 * share);
}
