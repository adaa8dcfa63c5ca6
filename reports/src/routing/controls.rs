//! What chance and text length make of one language's numbers.

use harness_metrics::PairMeasure;
use harness_metrics::routing::bands::{DocumentCounts, Spread, random_halves};
use harness_metrics::routing::{collapse, lsi, usage};
use harness_metrics::scores::{Clusters, stderr};
use serde::Serialize;

/// Random halvings of a language.
const SPLITS: usize = 200;

/// Controls of one language of parallel text.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct LanguageControls {
    /// Standard deviation over rows of one row's usage entropy, bits, by layer: the paper's band.
    /// Of short rows it is mostly a spread of lengths.
    pub row_sd: Vec<Option<f64>>,
    /// What two random halves of this language's rows look like to each measure of pairs, by
    /// layer: the distribution to compare two languages with.
    pub halves: Vec<(PairMeasure, Vec<Option<Spread>>)>,
    /// The same for the mean over layers.
    pub halves_mean: Vec<(PairMeasure, Spread)>,
    /// The specialisation threshold that chance sets, by layer: the 97.5th percentile of |LSI|
    /// between random halves.
    pub null_threshold: Vec<Option<f64>>,
}

/// One pair of halves in one layer.
struct Halves {
    /// In the order of [`PairMeasure::ALL`].
    numbers: [Option<f64>; PairMeasure::ALL.len()],
    /// |LSI| of every expert that is used.
    indices: Vec<f64>,
}

impl LanguageControls {
    pub(crate) fn of(rows: &DocumentCounts, clusters: &Clusters, seed: u64) -> Self {
        let top_k = rows.shape().top_k;
        let measure = |a: &[f64], b: &[f64]| Halves {
            numbers: PairMeasure::ALL.map(|measure| measure.of(a, b, top_k)),
            indices: a.iter().zip(b).filter_map(|(&a, &b)| lsi::index(a, b)).collect(),
        };
        let splits = random_halves(rows.selections(), clusters, SPLITS, seed, measure);
        let all = PairMeasure::ALL.into_iter().enumerate();
        let measures = all.filter(|(_, measure)| *measure != PairMeasure::ScoreCosine);
        Self {
            row_sd: row_sd(rows),
            halves: measures
                .clone()
                .map(|(place, measure)| {
                    (measure, splits.iter().map(|layer| spread(layer, place)).collect())
                })
                .collect(),
            halves_mean: measures
                .filter_map(|(place, measure)| Some((measure, spread_of_means(&splits, place)?)))
                .collect(),
            null_threshold: splits.iter().map(|layer| threshold(layer)).collect(),
        }
    }

    /// The control of a measure, by layer; empty where there is none.
    #[must_use]
    pub fn halves(&self, measure: PairMeasure) -> &[Option<Spread>] {
        let found = self.halves.iter().find(|(other, _)| *other == measure);
        found.map_or(&[], |(_, spreads)| spreads)
    }

    /// The control of a measure's mean over layers.
    #[must_use]
    pub fn halves_mean(&self, measure: PairMeasure) -> Option<&Spread> {
        self.halves_mean.iter().find(|(other, _)| *other == measure).map(|(_, spread)| spread)
    }
}

fn spread(splits: &[Option<Halves>], place: usize) -> Option<Spread> {
    Spread::of(splits.iter().flatten().filter_map(|halves| halves.numbers[place]).collect())
}

/// Over splits, of the mean over layers; splits in which a layer has no value are left out.
fn spread_of_means(splits: &[Vec<Option<Halves>>], place: usize) -> Option<Spread> {
    let mean = |split: usize| {
        let layers = splits.iter().map(|layer| layer[split].as_ref()?.numbers[place]);
        collapse::mean(&layers.collect::<Option<Vec<f64>>>()?)
    };
    Spread::of((0..splits.first()?.len()).filter_map(mean).collect())
}

fn threshold(splits: &[Option<Halves>]) -> Option<f64> {
    lsi::null_threshold(splits.iter().flatten().flat_map(|halves| halves.indices.iter().copied()))
}

/// SD over rows of each row's own usage entropy, by layer.
fn row_sd(rows: &DocumentCounts) -> Vec<Option<f64>> {
    let table = rows.selections();
    let entropy = |layer: usize, row: usize| {
        let load: Vec<f64> = table.row(layer, row).iter().map(|&x| f64::from(x)).collect();
        usage::entropy_bits(&load)
    };
    let sd = |layer: usize| {
        let entropies: Vec<f64> = (0..table.len()).filter_map(|row| entropy(layer, row)).collect();
        stderr::sample_sd(&entropies)
    };
    (0..table.layers()).map(sd).collect()
}
