//! Uncertainty of routing measures: the cluster bootstrap over documents.
//!
//! [`DocumentCounts`] keeps the selections of every document; [`Band::of`] resamples documents,
//! sums the resampled ones and measures each layer of the sums. Bands are pivotal, `2θ̂ − q`: a
//! percentile band of an entropy covers 49-86 % instead of 95 %, because resampling documents
//! lowers the entropy a second time.
//!
//! Bands that were drawn with the same clusters and resampling resample the same documents in
//! every replicate. That makes differences of two bands paired by document
//! ([`Band::difference`]), and lets numbers over several layers be taken replicate by replicate
//! ([`Band::summarise`]).

use rayon::prelude::*;

use super::{RoutingCounts, RoutingError, RoutingShape};
use crate::random::SplitMix64;
use crate::scores::bootstrap::pivotal;
use crate::scores::{Clusters, Resampling, stderr};
use crate::{Estimate, Interval};

/// Selections of documents, laid out layer by layer for resampling.
#[derive(Clone, Debug)]
pub struct DocumentCounts {
    shape: RoutingShape,
    tokens: Vec<f64>,
    /// `[layers][documents × experts]`; a layer of 1,000 documents fits a processor's cache.
    layers: Vec<Vec<f32>>,
}

impl DocumentCounts {
    /// No document yet.
    #[must_use]
    pub fn new(shape: RoutingShape) -> Self {
        Self { shape, tokens: Vec::new(), layers: vec![Vec::new(); shape.layers] }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When its shape differs or its tables do not fit the shape.
    pub fn push(&mut self, counts: &RoutingCounts) -> Result<(), RoutingError> {
        // Joining checks shape and lengths.
        RoutingCounts::zeros(self.shape, counts.scores.is_some()).add(counts)?;
        self.tokens.push(counts.tokens as f64);
        for (layer, cells) in self.layers.iter_mut().enumerate() {
            cells.extend(counts.layer(layer).iter().map(|&count| count as f32));
        }
        Ok(())
    }

    /// Documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Tokens of the documents drawn `times` over.
    fn resampled_tokens(&self, times: &[f32]) -> f64 {
        self.tokens.iter().zip(times).map(|(tokens, &times)| tokens * f64::from(times)).sum()
    }

    /// Activation rates of a layer over the documents drawn `times` over.
    fn rates(&self, layer: usize, times: &[f32], tokens: f64) -> Vec<f64> {
        let mut sums = vec![0.0_f32; self.shape.experts];
        let documents = self.layers[layer].chunks_exact(self.shape.experts.max(1));
        for (document, &times) in documents.zip(times).filter(|(_, times)| **times > 0.0) {
            sums.iter_mut().zip(document).for_each(|(sum, count)| *sum += times * count);
        }
        sums.into_iter().map(|sum| f64::from(sum) / tokens).collect()
    }
}

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
        let layers = sides.first()?.shape.layers;
        let matching = |side: &&DocumentCounts| {
            side.len() == clusters.documents() && side.shape.layers == layers
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{collapse, similarity, usage};

    const SHAPE: RoutingShape = RoutingShape { layers: 4, experts: 16, top_k: 2 };

    /// A document of `tokens` tokens; expert e is preferred the lower it is, more so in deep
    /// layers, and by half the tokens alike.
    fn document(random: &mut SplitMix64, tokens: u64) -> RoutingCounts {
        let mut counts = RoutingCounts::zeros(SHAPE, false);
        counts.tokens = tokens;
        for layer in 0..SHAPE.layers {
            for _ in 0..tokens {
                let first = prefer(random, layer);
                let second =
                    (first + 1 + prefer(random, layer).min(SHAPE.experts - 2)) % SHAPE.experts;
                counts.selections[layer * SHAPE.experts + first] += 1;
                counts.selections[layer * SHAPE.experts + second] += 1;
            }
        }
        counts
    }

    fn prefer(random: &mut SplitMix64, layer: usize) -> usize {
        (0..=layer).map(|_| random.below(SHAPE.experts)).min().unwrap()
    }

    fn sample(seed: u64, documents: usize, tokens: u64) -> DocumentCounts {
        let mut random = SplitMix64::new(seed);
        let mut sample = DocumentCounts::new(SHAPE);
        (0..documents).for_each(|_| sample.push(&document(&mut random, tokens)).unwrap());
        sample
    }

    fn entropy(loads: &[Vec<f64>]) -> Option<f64> {
        usage::entropy_bits(&loads[0])
    }

    #[test]
    fn values_are_those_of_the_sum() {
        let mut random = SplitMix64::new(3);
        let documents: Vec<RoutingCounts> = (0..9).map(|_| document(&mut random, 7)).collect();
        let (mut sum, mut sample) =
            (RoutingCounts::zeros(SHAPE, false), DocumentCounts::new(SHAPE));
        for document in &documents {
            sum.add(document).unwrap();
            sample.push(document).unwrap();
        }
        let band =
            Band::of(&[&sample], &Clusters::singletons(9), Resampling::default(), entropy).unwrap();
        let expected = usage::entropies_bits(&sum.profile().unwrap()).unwrap();
        assert!(band.values.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(
            band.summarise(collapse::index).unwrap().value,
            collapse::index(&band.values).unwrap()
        );
    }

    /// 95 % bands over 60 documents of 25 tokens against the entropy of very many tokens.
    #[test]
    fn pivotal_bands_cover() {
        let truth = Band::of(
            &[&sample(99, 4000, 25)],
            &Clusters::singletons(4000),
            Resampling { draws: 1, ..Resampling::default() },
            entropy,
        );
        let truth = truth.unwrap().values;
        let resampling = Resampling { draws: 300, ..Resampling::default() };
        let mut covered = 0;
        for seed in 0..150 {
            let band =
                Band::of(&[&sample(seed, 60, 25)], &Clusters::singletons(60), resampling, entropy)
                    .unwrap();
            let inside = |(interval, truth): (&Option<Interval>, &f64)| {
                interval.as_ref().is_some_and(|i| i.low <= *truth && *truth <= i.high)
            };
            covered += band.intervals.iter().zip(&truth).filter(|pair| inside(*pair)).count();
        }
        assert!(covered >= 552, "{covered} of 600 are less than 92 %");
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let (sample, clusters) = (sample(1, 30, 10), Clusters::singletons(30));
        let band = Band::of(&[&sample], &clusters, Resampling::default(), entropy).unwrap();
        let none = band.difference(&band).unwrap();
        assert!(
            none.values.iter().all(|x| *x == 0.0) && none.intervals.iter().all(Option::is_none)
        );
        assert_eq!(none.signs(), Signs { across: 4, ..Signs::default() });
    }

    #[test]
    fn several_measures_are_those_of_each() {
        let (a, clusters) = (sample(1, 20, 10), Clusters::singletons(20));
        let both =
            |loads: &[Vec<f64>]| Some([usage::entropy_bits(&loads[0])?, usage::gini(&loads[0])?]);
        let [first, second] = Band::several(&[&a], &clusters, Resampling::default(), both).unwrap();
        let alone = Band::of(&[&a], &clusters, Resampling::default(), entropy).unwrap();
        assert_eq!((&first.values, &first.intervals), (&alone.values, &alone.intervals));
        assert!(second.values.iter().all(|gini| (0.0..1.0).contains(gini)));
    }

    #[test]
    fn two_languages_are_drawn_together() {
        let (a, b) = (sample(1, 30, 10), sample(2, 30, 30));
        let cosine = |loads: &[Vec<f64>]| similarity::cosine(&loads[0], &loads[1]);
        let band =
            Band::of(&[&a, &b], &Clusters::singletons(30), Resampling::default(), cosine).unwrap();
        assert!(band.values.iter().all(|x| *x > 0.8));
        assert_eq!(
            Band::of(
                &[&a, &sample(2, 29, 5)],
                &Clusters::singletons(30),
                Resampling::default(),
                cosine
            )
            .map(|b| b.n),
            None
        );
    }

    #[test]
    fn whole_clusters_widen_a_band() {
        let one = sample(5, 10, 20);
        let mut copies = DocumentCounts::new(SHAPE);
        let mut random = SplitMix64::new(5);
        let mut labels = Vec::new();
        for cluster in 0..10 {
            let counts = document(&mut random, 20);
            for _ in 0..4 {
                copies.push(&counts).unwrap();
                labels.push(cluster.to_string());
            }
        }
        let clusters = Clusters::from_labels(labels.iter().map(String::as_str));
        let width = |side: &DocumentCounts, clusters: &Clusters| {
            let band = Band::of(&[side], clusters, Resampling::default(), entropy).unwrap();
            let interval = band.intervals[0].clone().unwrap();
            interval.high - interval.low
        };
        let whole = width(&copies, &clusters);
        assert!((whole / width(&one, &Clusters::singletons(10)) - 1.0).abs() < 1e-6);
        assert!(whole > 1.5 * width(&copies, &Clusters::singletons(40)));
    }
}
