//! Coverage of bands, pairing, clusters.

use super::*;
use crate::Interval;
use crate::random::SplitMix64;
use crate::routing::{RoutingCounts, RoutingShape, collapse, similarity, usage};
use crate::scores::{Clusters, Resampling};

const SHAPE: RoutingShape = RoutingShape { layers: 4, experts: 16, top_k: 2 };

/// A document of `tokens` tokens; expert e is preferred the lower it is, more so in deep
/// layers, and by half the tokens alike.
fn document(random: &mut SplitMix64, tokens: u64) -> RoutingCounts {
    let mut counts = RoutingCounts::zeros(SHAPE, false);
    counts.tokens = tokens;
    for layer in 0..SHAPE.layers {
        for _ in 0..tokens {
            let first = prefer(random, layer);
            let second = (first + 1 + prefer(random, layer).min(SHAPE.experts - 2)) % SHAPE.experts;
            counts.selections[layer * SHAPE.experts + first] += 1;
            counts.selections[layer * SHAPE.experts + second] += 1;
        }
    }
    counts
}

fn prefer(random: &mut SplitMix64, layer: usize) -> usize {
    (0..=layer).map(|_| random.below(SHAPE.experts)).min().unwrap()
}

fn sample(seed: u64, documents: usize, tokens: u64) -> DocumentTable {
    let mut random = SplitMix64::new(seed);
    let mut sample = DocumentCounts::new(SHAPE);
    (0..documents).for_each(|_| sample.push(&document(&mut random, tokens)).unwrap());
    sample.selections().clone()
}

fn entropy(loads: &[Vec<f64>]) -> Option<f64> {
    usage::entropy_bits(&loads[0])
}

#[test]
fn values_are_those_of_the_sum() {
    let mut random = SplitMix64::new(3);
    let documents: Vec<RoutingCounts> = (0..9).map(|_| document(&mut random, 7)).collect();
    let (mut sum, mut sample) = (RoutingCounts::zeros(SHAPE, false), DocumentCounts::new(SHAPE));
    for document in &documents {
        sum.add(document).unwrap();
        sample.push(document).unwrap();
    }
    let band =
        Band::of(&[sample.selections()], &Clusters::singletons(9), Resampling::default(), entropy)
            .unwrap();
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
    assert!(none.values.iter().all(|x| *x == 0.0) && none.intervals.iter().all(Option::is_none));
    assert_eq!(none.signs(), Signs { across: 4, ..Signs::default() });
}

#[test]
fn several_measures_are_those_of_each() {
    let (a, clusters) = (sample(1, 20, 10), Clusters::singletons(20));
    let both = |loads: &[Vec<f64>]| [usage::entropy_bits(&loads[0]), usage::gini(&loads[0]), None];
    let [first, second, none] = Band::several(&[&a], &clusters, Resampling::default(), both);
    assert!(none.is_none(), "a measure without values has no band and spoils no other");
    let (first, second) = (first.unwrap(), second.unwrap());
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
    let width = |side: &DocumentTable, clusters: &Clusters| {
        let band = Band::of(&[side], clusters, Resampling::default(), entropy).unwrap();
        let interval = band.intervals[0].clone().unwrap();
        interval.high - interval.low
    };
    let copies = copies.selections().clone();
    let whole = width(&copies, &clusters);
    assert!((whole / width(&one, &Clusters::singletons(10)) - 1.0).abs() < 1e-6);
    assert!(whole > 1.5 * width(&copies, &Clusters::singletons(40)));
}
