//! The bootstrap standard error, draw for draw.
//!
//! Source: lm-evaluation-harness `api/metrics.py`, `bootstrap_stderr`:
//! replicates come in chunks of at most 1,000, chunk i draws from CPython's
//! `Random(i)`, and the standard error is the sample standard deviation of
//! all replicates.

use rayon::prelude::*;

use super::Statistic;
use super::stderr::sample_deviation;
use crate::random::Random;

/// Replicates of one random stream.
const CHUNK: usize = 1000;

/// The standard error of a statistic over `iterations` replicates, of which
/// those beyond a multiple of a chunk are not drawn. `None` without documents
/// or with fewer than two replicates, or where a replicate has no value.
#[must_use]
pub fn bootstrap_stderr(statistic: &dyn Statistic, iterations: usize) -> Option<f64> {
    let chunk = iterations.min(CHUNK);
    if chunk == 0 || statistic.is_empty() {
        return None;
    }
    let chunks = 0..iterations / chunk;
    let replicates: Option<Vec<Vec<f64>>> =
        chunks.into_par_iter().map(|seed| replicates(statistic, seed, chunk)).collect();
    sample_deviation(&replicates?.concat())
}

fn replicates(statistic: &dyn Statistic, seed: usize, count: usize) -> Option<Vec<f64>> {
    let mut random = Random::new(seed as u64);
    let mut chosen = vec![0; statistic.len()];
    let mut replicate = || {
        random.fill_choices(statistic.len(), &mut chosen);
        statistic.of(&chosen)
    };
    (0..count).map(|_| replicate()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::median::Median;
    use super::*;

    #[test]
    fn the_median_of_five_answers() {
        let median = Median::new(&[1.0, 0.0, 1.0, 1.0, 0.0]);
        let stderr = bootstrap_stderr(&median, 1000).unwrap();
        assert!((stderr - 0.458_048_915_301_422_7).abs() < 1e-12, "{stderr}");
    }

    #[test]
    fn no_document_or_replicate_has_no_error() {
        assert_eq!(bootstrap_stderr(&Median::new(&[]), 1000), None);
        assert_eq!(bootstrap_stderr(&Median::new(&[1.0]), 0), None);
        assert_eq!(bootstrap_stderr(&Median::new(&[1.0]), 1), None);
    }
}
