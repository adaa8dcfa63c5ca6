//! What a training run's loss looks like.

use harness_metrics::scores::stderr::mean;

use crate::manifest::LossCurve;

/// A curve in a few points: spikes between them show in their ends.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Thinned {
    /// The last step of each stretch.
    pub(crate) steps: Vec<usize>,
    /// Its mean loss.
    pub(crate) means: Vec<f64>,
    /// Its lowest and highest loss.
    pub(crate) ends: Vec<(f64, f64)>,
}

impl LossCurve {
    /// Stretches of equal length, at most so many.
    pub(crate) fn thinned(&self, most: usize) -> Thinned {
        let length = self.losses.len().div_ceil(most.max(1)).max(1);
        let stretches = || self.losses.chunks(length);
        let ends = |stretch: &[f64]| {
            stretch.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &loss| {
                (low.min(loss), high.max(loss))
            })
        };
        let last = |steps: &[u64]| steps.last().copied().unwrap_or_default();
        Thinned {
            steps: self.steps.chunks(length).map(|s| last(s) as usize).collect(),
            means: stretches().filter_map(mean).collect(),
            ends: stretches().map(ends).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(losses: &[f64]) -> LossCurve {
        let steps = (1..=losses.len() as u64).map(|step| 10 * step).collect();
        LossCurve { steps, losses: losses.to_vec(), not_finite: 0 }
    }

    #[test]
    fn spikes_survive_thinning() {
        let thinned = curve(&[4.0, 2.0, 9.0, 1.0, 1.0]).thinned(3);
        assert_eq!((thinned.steps, thinned.means), (vec![20, 40, 50], vec![3.0, 5.0, 1.0]));
        assert_eq!(thinned.ends, [(2.0, 4.0), (1.0, 9.0), (1.0, 1.0)]);
        assert_eq!(curve(&[]).thinned(3).means, [0.0; 0]);
    }
}
