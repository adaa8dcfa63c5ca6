//! One number a layer, with an interval.

use rayon::prelude::*;

use super::DocumentCounts;
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
    /// `[draws][layers]`.
    replicates: Vec<Vec<f64>>,
    level: f64,
}

impl Band {
    /// Measures every layer of `sides` and of resampled documents.
    ///
    /// A side is a language or a model; document d of every side is the same document, and is
    /// drawn or not drawn together. `measure` gets one load of activation rates a side. Replicates
    /// in which a layer has no value are left out whole. `None` when sides differ in documents or
    /// layers, have no token, or a layer has no value.
    pub fn of(
        sides: &[&DocumentCounts],
        clusters: &Clusters,
        resampling: Resampling,
        measure: impl Fn(&[Vec<f64>]) -> Option<f64> + Sync,
    ) -> Option<Self> {
        let bands = Self::several(sides, clusters, resampling, |loads| measure(loads).map(|x| [x]));
        bands.map(|[band]| band)
    }

    /// Like [`Band::of`] for several measures at the price of one: summing the resampled documents
    /// takes most of the time.
    pub fn several<const N: usize>(
        sides: &[&DocumentCounts],
        clusters: &Clusters,
        resampling: Resampling,
        measure: impl Fn(&[Vec<f64>]) -> Option<[f64; N]> + Sync,
    ) -> Option<[Self; N]> {
        let layers = sides.first()?.shape().layers;
        let matching = |side: &&DocumentCounts| {
            side.len() == clusters.documents() && side.shape().layers == layers
        };
        if clusters.is_empty() || !sides.iter().all(matching) {
            return None;
        }
        let draws = draws(clusters, resampling);
        let tokens: Vec<Vec<f64>> = draws.iter().map(|times| tokens(sides, times)).collect();
        let column = |layer: usize| -> Vec<Option<[f64; N]>> {
            let rates = |draw: usize| -> Option<Vec<Vec<f64>>> {
                let sides = sides.iter().zip(&tokens[draw]);
                sides
                    .map(|(side, &n)| (n > 0.0).then(|| side.rates(layer, &draws[draw], n)))
                    .collect()
            };
            (0..draws.len()).map(|draw| measure(&rates(draw)?)).collect()
        };
        let columns: Vec<Vec<Option<[f64; N]>>> = (0..layers).into_par_iter().map(column).collect();
        let row = |draw: usize| -> Option<Vec<[f64; N]>> {
            columns.iter().map(|column| column[draw]).collect()
        };
        let values = row(0)?;
        let replicates: Vec<Vec<[f64; N]>> = (1..draws.len()).filter_map(row).collect();
        let pick =
            |row: &Vec<[f64; N]>, which: usize| row.iter().map(|numbers| numbers[which]).collect();
        Some(std::array::from_fn(|which| {
            let replicates = replicates.iter().map(|row| pick(row, which)).collect();
            Self::from_replicates(
                pick(&values, which),
                replicates,
                clusters.documents(),
                resampling.level,
            )
        }))
    }

    fn from_replicates(values: Vec<f64>, replicates: Vec<Vec<f64>>, n: usize, level: f64) -> Self {
        let interval = |layer: usize| {
            pivotal(
                values[layer],
                replicates.iter().map(|row: &Vec<f64>| row[layer]).collect(),
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
        let replicates: Vec<f64> = self.replicates.iter().filter_map(|row| number(row)).collect();
        let stderr = stderr::sample_sd(&replicates);
        Some(Estimate {
            value,
            stderr,
            interval: pivotal(value, replicates, self.level),
            n: self.n,
        })
    }

    /// This band minus another, layer by layer, paired by document. `None` unless both were drawn
    /// from equally many documents, layers and replicates with the same clusters and seed, which
    /// the caller vouches for.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Self> {
        let matching = self.n == other.n
            && self.values.len() == other.values.len()
            && self.replicates.len() == other.replicates.len();
        let minus =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(x, y)| x - y).collect() };
        matching.then(|| {
            let rows = self.replicates.iter().zip(&other.replicates);
            let replicates = rows.map(|(a, b)| minus(a, b)).collect();
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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

fn tokens(sides: &[&DocumentCounts], times: &[f32]) -> Vec<f64> {
    sides.iter().map(|side| side.resampled_tokens(times)).collect()
}
