//! One number a layer, and what is said of it over layers.

use harness_metrics::routing::bands::Band;
use harness_metrics::routing::collapse;
use harness_metrics::{Estimate, Interval};
use serde::Serialize;

/// A measure by layer, with intervals where documents could be resampled.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Curve {
    /// One value a MoE layer; `None` where it does not exist.
    pub values: Vec<Option<f64>>,
    /// Intervals beside the values; `None` where there is none.
    pub intervals: Vec<Option<Interval>>,
    /// Plain mean over layers; `None` where a layer has no value.
    pub mean: Option<Estimate>,
}

impl Curve {
    /// A layer's value.
    #[must_use]
    pub fn value(&self, layer: usize) -> Option<f64> {
        self.values.get(layer).copied().flatten()
    }

    /// A layer's interval.
    #[must_use]
    pub fn interval(&self, layer: usize) -> Option<&Interval> {
        self.intervals.get(layer)?.as_ref()
    }
}

/// Values by layer together with the replicates they can be judged by.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) values: Vec<Option<f64>>,
    pub(crate) band: Option<Band>,
    /// Documents; 0 where they are not known (imported tables).
    pub(crate) documents: usize,
}

impl Measured {
    pub(crate) fn curve(&self) -> Curve {
        let none = || vec![None; self.values.len()];
        let intervals = self.band.as_ref().map_or_else(none, |band| band.intervals.clone());
        Curve { values: self.values.clone(), intervals, mean: self.over_layers(collapse::mean) }
    }

    /// The curve of a measure that cannot leave a range: a pivotal interval can, and is cut.
    pub(crate) fn curve_within(&self, (least, most): (f64, f64)) -> Curve {
        let mut curve = self.curve();
        let mean = curve.mean.as_mut().and_then(|mean| mean.interval.as_mut());
        for interval in curve.intervals.iter_mut().flatten().chain(mean) {
            interval.low = interval.low.clamp(least, most);
            interval.high = interval.high.clamp(least, most);
        }
        curve
    }

    /// Every layer's value, where every layer has one.
    pub(crate) fn whole(&self) -> Option<Vec<f64>> {
        self.values.iter().copied().collect()
    }

    /// A number over the layers, with an interval where there are replicates.
    pub(crate) fn over_layers(
        &self,
        number: impl Fn(&[f64]) -> Option<f64> + Sync,
    ) -> Option<Estimate> {
        let value = number(&self.whole()?)?;
        let doubt = self.band.as_ref().and_then(|band| band.summarise(number));
        Some(self.estimate(value, doubt))
    }

    /// A number over the layers of two measures, replicate by replicate.
    pub(crate) fn with(
        &self,
        other: &Self,
        number: impl Fn(&[f64], &[f64]) -> Option<f64>,
    ) -> Option<Estimate> {
        let value = number(&self.whole()?, &other.whole()?)?;
        let bands = self.band.as_ref().zip(other.band.as_ref());
        let doubt = bands.and_then(|(ours, theirs)| ours.summarise_with(theirs, number));
        Some(self.estimate(value, doubt))
    }

    /// This minus another, layer by layer; `None` when they have different numbers of layers.
    pub(crate) fn minus(&self, other: &Self) -> Option<Self> {
        let pairs = self.values.iter().zip(&other.values);
        let bands = self.band.as_ref().zip(other.band.as_ref());
        (self.values.len() == other.values.len()).then(|| Self {
            values: pairs.map(|(a, b)| Some((*a)? - (*b)?)).collect(),
            band: bands.and_then(|(ours, theirs)| ours.difference(theirs)),
            documents: self.documents,
        })
    }

    /// The value is that of the exact sums; replicates are of single precision.
    fn estimate(&self, value: f64, doubt: Option<Estimate>) -> Estimate {
        let (stderr, interval) = doubt.map_or((None, None), |doubt| (doubt.stderr, doubt.interval));
        Estimate { value, stderr, interval, n: self.documents }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(values: Vec<Option<f64>>, documents: usize) -> Measured {
        Measured { values, band: None, documents }
    }

    #[test]
    fn a_curve_with_a_hole_has_no_mean() {
        let curve = plain(vec![Some(1.0), None], 3).curve();
        assert_eq!((curve.value(0), curve.value(1), curve.mean), (Some(1.0), None, None));
    }

    #[test]
    fn intervals_stay_within_what_is_possible() {
        use harness_metrics::scores::{Clusters, Resampling};
        let mut table = harness_metrics::routing::bands::DocumentTable::new(1, 2, 0);
        (0..12).for_each(|row| table.push(4.0, &[vec![4.0, if row == 0 { 4.0 } else { 0.0 }]]));
        let active = |loads: &[Vec<f64>]| {
            Some(harness_metrics::routing::usage::active_experts(&loads[0]) as f64)
        };
        let clusters = Clusters::singletons(12);
        let band = Band::of(&[&table], &clusters, Resampling::default(), active);
        let measured = Measured { values: vec![Some(2.0)], band, documents: 12 };
        assert_eq!(measured.curve().interval(0).unwrap().high, 3.0, "pivotal, of two experts");
        let curve = measured.curve_within((0.0, 2.0));
        assert_eq!(curve.interval(0).unwrap().high, 2.0);
        assert_eq!(curve.mean.unwrap().interval.unwrap().high, 2.0);
    }

    #[test]
    fn numbers_without_replicates_have_no_interval() {
        let measured = plain(vec![Some(1.0), Some(3.0)], 3);
        let mean = measured.curve().mean.unwrap();
        assert_eq!((mean.value, mean.stderr, mean.interval, mean.n), (2.0, None, None, 3));
        let shorter = plain(vec![Some(1.0)], 3);
        assert!(measured.minus(&shorter).is_none());
        assert_eq!(measured.minus(&measured).unwrap().values, [Some(0.0); 2]);
    }
}
