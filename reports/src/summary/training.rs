//! What a training run's loss looks like.

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
            means: stretches().map(mean).collect(),
            ends: stretches().map(ends).collect(),
        }
    }

    /// Mean loss of the first and of the last tenth; `None` of an empty curve.
    pub(crate) fn first_and_last(&self) -> Option<(f64, f64)> {
        let tenth = self.losses.len().div_ceil(10);
        let last = self.losses.get(self.losses.len() - tenth..)?;
        (tenth > 0).then(|| (mean(&self.losses[..tenth]), mean(last)))
    }

    /// The largest rise over the lowest loss before: how high the worst spike is.
    pub(crate) fn largest_rise(&self) -> f64 {
        let mut lowest = f64::INFINITY;
        self.losses.iter().fold(0.0, |rise: f64, &loss| {
            lowest = lowest.min(loss);
            rise.max(loss - lowest)
        })
    }
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len().max(1) as f64
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

    #[test]
    fn a_run_in_three_numbers() {
        let found = curve(&[3.0, 1.0, 2.5, 0.5, 1.0]);
        assert_eq!((found.first_and_last(), found.largest_rise()), (Some((3.0, 1.0)), 1.5));
        assert_eq!((curve(&[]).first_and_last(), curve(&[]).largest_rise()), (None, 0.0));
    }
}
