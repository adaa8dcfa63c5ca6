//! One number a layer, with an interval.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::DocumentTable;
use super::weighted::weighted;
use crate::random::SplitMix64;
use crate::scores::bootstrap::pivotal;
use crate::scores::{Clusters, Resampling, stderr};
use crate::{Estimate, Interval};

/// One number a layer, with an interval and the replicates that it came from.
#[derive(Clone, Debug)]
pub struct Band {
    /// The measure of all documents, `[layers]`.
    pub values: Vec<f64>,
    /// Its interval, `[layers]`; `None` where every replicate is alike.
    pub intervals: Vec<Option<Interval>>,
    /// Documents.
    pub n: usize,
    /// `[draws][layers]`; `None` where a layer has no value. Draw r of any two bands of one
    /// resampling is the same documents.
    replicates: Vec<Option<Vec<f64>>>,
    level: f64,
}

impl Band {
    /// Measures every layer of `sides` and of resampled documents.
    ///
    /// A side is a language or a model; document d of every side is the same document, and is
    /// drawn or not drawn together. `measure` gets one load of rates a side. Replicates in which a
    /// layer has no value are left out whole. `None` when sides differ in documents or layers, have
    /// no token, or a layer has no value.
    pub fn of(
        sides: &[&DocumentTable],
        clusters: &Clusters,
        resampling: Resampling,
        measure: impl Fn(&[Vec<f64>]) -> Option<f64> + Sync,
    ) -> Option<Self> {
        let [band] = Self::several(sides, clusters, resampling, |loads| [measure(loads)]);
        band
    }

    /// Like [`Band::of`] for several measures at the price of one: summing the resampled documents
    /// takes most of the time.
    pub fn several<const N: usize>(
        sides: &[&DocumentTable],
        clusters: &Clusters,
        resampling: Resampling,
        measure: impl Fn(&[Vec<f64>]) -> [Option<f64>; N] + Sync,
    ) -> [Option<Self>; N] {
        let layers = sides.first().map_or(0, |side| side.layers());
        let matching =
            |side: &&DocumentTable| side.len() == clusters.documents() && side.layers() == layers;
        if clusters.is_empty() || layers == 0 || !sides.iter().all(matching) {
            return std::array::from_fn(|_| None);
        }
        let draws = draws(clusters, resampling);
        let columns = weighted(sides, draws.len(), |draw, _| &draws[draw], measure);
        std::array::from_fn(|which| {
            let row = |draw: usize| -> Option<Vec<f64>> {
                columns.iter().map(|column| column[draw].as_ref()?[which]).collect()
            };
            let replicates = (1..draws.len()).map(row).collect();
            let (n, level) = (clusters.documents(), resampling.level);
            Some(Self::from_replicates(row(0)?, replicates, n, level))
        })
    }

    fn from_replicates(
        values: Vec<f64>,
        replicates: Vec<Option<Vec<f64>>>,
        n: usize,
        level: f64,
    ) -> Self {
        let interval = |layer: usize| {
            pivotal(
                values[layer],
                replicates.iter().flatten().map(|row| row[layer]).collect(),
                level,
            )
        };
        let intervals = (0..values.len()).into_par_iter().map(interval).collect();
        Self { values, intervals, n, replicates, level }
    }

    /// A number over the layers (a mean, a collapse index), with the standard deviation of its
    /// replicates as standard error. `None` when the number does not exist.
    #[must_use]
    pub fn summarise(&self, number: impl Fn(&[f64]) -> Option<f64> + Sync) -> Option<Estimate> {
        let value = number(&self.values)?;
        let replicates: Vec<f64> =
            self.replicates.iter().filter_map(|row| number(row.as_ref()?)).collect();
        let stderr = stderr::sample_sd(&replicates);
        Some(Estimate {
            value,
            stderr,
            interval: pivotal(value, replicates, self.level),
            n: self.n,
        })
    }

    /// A number over the layers of two bands (an agreement, a ratio), replicate by replicate; the
    /// bands may have different layers. `None` when the number does not exist or the bands were not
    /// drawn from equally many documents and replicates; that clusters and seed are the same, the
    /// caller vouches for.
    #[must_use]
    pub fn summarise_with(
        &self,
        other: &Self,
        number: impl Fn(&[f64], &[f64]) -> Option<f64>,
    ) -> Option<Estimate> {
        let value = self.matches(other).then(|| number(&self.values, &other.values))??;
        let rows = self.replicates.iter().zip(&other.replicates);
        let replicates: Vec<f64> =
            rows.filter_map(|(a, b)| number(a.as_ref()?, b.as_ref()?)).collect();
        let stderr = stderr::sample_sd(&replicates);
        let interval = pivotal(value, replicates, self.level);
        Some(Estimate { value, stderr, interval, n: self.n })
    }

    fn matches(&self, other: &Self) -> bool {
        self.n == other.n && self.replicates.len() == other.replicates.len()
    }

    /// This band minus another, layer by layer, paired by document. `None` unless both were drawn
    /// from equally many documents, layers and replicates with the same clusters and seed, which
    /// the caller vouches for.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Self> {
        let minus =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(x, y)| x - y).collect() };
        (self.matches(other) && self.values.len() == other.values.len()).then(|| {
            let rows = self.replicates.iter().zip(&other.replicates);
            let replicates = rows.map(|(a, b)| Some(minus(a.as_ref()?, b.as_ref()?))).collect();
            Self::from_replicates(
                minus(&self.values, &other.values),
                replicates,
                self.n,
                self.level,
            )
        })
    }

    /// Layers whose interval lies below 0, across it, and above it. Layers without an interval
    /// count as across.
    #[must_use]
    pub fn signs(&self) -> Signs {
        let mut signs = Signs::default();
        for interval in &self.intervals {
            match interval {
                Some(interval) if interval.high < 0.0 => signs.below += 1,
                Some(interval) if interval.low > 0.0 => signs.above += 1,
                _ => signs.across += 1,
            }
        }
        signs
    }
}

/// Where the intervals of a band's layers lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Signs {
    /// Layers whose interval lies below 0.
    pub below: usize,
    /// Layers whose interval includes 0.
    pub across: usize,
    /// Layers whose interval lies above 0.
    pub above: usize,
}

/// How often each document is drawn: first every one once, then each replicate.
fn draws(clusters: &Clusters, resampling: Resampling) -> Vec<Vec<f32>> {
    let mut draws = vec![vec![1.0; clusters.documents()]];
    let replicates = (0..resampling.draws as u64).into_par_iter();
    draws.par_extend(
        replicates.map(|replicate| draw(clusters, SplitMix64::stream(resampling.seed, replicate))),
    );
    draws
}

fn draw(clusters: &Clusters, mut random: SplitMix64) -> Vec<f32> {
    let mut times = vec![0.0; clusters.documents()];
    let members: Vec<&[usize]> = clusters.iter().collect();
    for _ in 0..members.len() {
        members[random.below(members.len())].iter().for_each(|&document| times[document] += 1.0);
    }
    times
}
