//! How often tests of scores find something where there is nothing: 2,000 simulations each, at most
//! 6.5 % significant at 5 %, and at least 3.5 % where the statistic is not discrete.
//!
//! Documents are simulated independent and in clusters of four that share part of their luck.

use harness_metrics::random::SplitMix64;
use harness_metrics::scores::mcnemar::Flips;
use harness_metrics::scores::{
    Clusters, Formula, Resampling, exchange, heterogeneity, interval, paired, sign_flip, stderr,
};

const SIMULATIONS: u64 = 2000;
const DOCUMENTS: usize = 120;
const CLUSTER: usize = 4;

fn draws() -> Resampling {
    Resampling { draws: 199, ..Resampling::default() }
}

fn clusters(size: usize) -> Clusters {
    let labels: Vec<String> = (0..DOCUMENTS).map(|i| (i / size).to_string()).collect();
    Clusters::from_labels(labels.iter().map(String::as_str))
}

/// A number around 0, nearly normal: the sum of twelve uniform ones.
fn normal(random: &mut SplitMix64) -> f64 {
    let uniform = |random: &mut SplitMix64| random.next_u64() as f64 / u64::MAX as f64;
    (0..12).map(|_| uniform(random)).sum::<f64>() - 6.0
}

/// Paired differences without a difference; documents of a cluster share half of their variance.
fn differences(random: &mut SplitMix64, size: usize) -> Vec<f64> {
    let shared: Vec<f64> = (0..DOCUMENTS / size).map(|_| normal(random)).collect();
    (0..DOCUMENTS).map(|i| shared[i / size] + normal(random)).collect()
}

/// Right and wrong of two models of equal ability; twins of a cluster tend to be right together.
fn answers(random: &mut SplitMix64, size: usize) -> (Vec<f64>, Vec<f64>) {
    let easy: Vec<f64> = (0..DOCUMENTS / size).map(|_| normal(random)).collect();
    let mut answer = || -> Vec<f64> {
        let luck: Vec<f64> = (0..DOCUMENTS / size).map(|_| normal(random)).collect();
        let right = |i: usize, own: f64| easy[i / size] + luck[i / size] + own > 0.0;
        (0..DOCUMENTS).map(|i| f64::from(u8::from(right(i, normal(random))))).collect()
    };
    (answer(), answer())
}

/// The share of simulations in which `p` is at most 5 %.
fn size(seed: u64, p: impl Fn(&mut SplitMix64) -> f64) -> f64 {
    let significant =
        (0..SIMULATIONS).filter(|simulation| p(&mut SplitMix64::stream(seed, *simulation)) <= 0.05);
    significant.count() as f64 / SIMULATIONS as f64
}

fn holds(name: &str, share: f64, least: f64) {
    println!("{name}: {:.1} % significant", 100.0 * share);
    assert!(share <= 0.065, "{name}: {share}");
    assert!(share >= least, "{name}: {share}");
}

#[test]
fn mcnemar_of_independent_documents() {
    let flips = |random: &mut SplitMix64| {
        let (old, new) = answers(random, 1);
        Flips::count(&old, &new).unwrap()
    };
    holds("McNemar exact", size(1, |random| flips(random).exact_p()), 0.0);
    holds("McNemar mid-p", size(1, |random| flips(random).mid_p()), 0.0);
}

#[test]
fn sign_flips() {
    for cluster in [1, CLUSTER] {
        let clusters = clusters(cluster);
        let share = size(2, |random| {
            sign_flip::p_value(&differences(random, cluster), &clusters, draws()).unwrap()
        });
        holds(&format!("sign flips of means, clusters of {cluster}"), share, 0.035);
        let discrete = size(3, |random| {
            let (old, new) = answers(random, cluster);
            let differences = paired::differences(&old, &new).unwrap();
            sign_flip::p_value(&differences, &clusters, draws()).unwrap()
        });
        holds(&format!("sign flips of right and wrong, clusters of {cluster}"), discrete, 0.0);
    }
}

/// Why clusters matter: McNemar's test takes documents for independent, and is wrong by half.
#[test]
fn mcnemar_does_not_know_clusters() {
    let share = size(4, |random| {
        let (old, new) = answers(random, CLUSTER);
        Flips::count(&old, &new).unwrap().mid_p()
    });
    assert!(share > 0.075, "{share}");
}

#[test]
fn exchange_of_bits_per_byte() {
    for cluster in [1, CLUSTER] {
        let clusters = clusters(cluster);
        let share = size(5, |random| {
            let common = differences(random, cluster);
            let mut rows = || -> Vec<Vec<f64>> {
                let own = differences(random, cluster);
                let sum = |i: usize| -60.0 + 4.0 * common[i] + 2.0 * own[i];
                (0..DOCUMENTS).map(|i| vec![sum(i), 30.0 + (i % 7) as f64]).collect()
            };
            let (old, new) = (rows(), rows());
            exchange::p_value(Formula::BitsPerByte, &old, &new, &clusters, draws()).unwrap()
        });
        holds(&format!("exchange, clusters of {cluster}"), share, 0.035);
    }
}

/// The interval of a difference misses 0 about as often as it says.
#[test]
fn bootstrap_intervals_of_a_difference() {
    let resampling = Resampling { draws: 999, ..Resampling::default() };
    let zeros = vec![vec![0.0, 1.0]; DOCUMENTS];
    for cluster in [1, CLUSTER] {
        let clusters = clusters(cluster);
        let misses = size(6, |random| {
            let new = differences(random, cluster);
            let rows: Vec<Vec<f64>> = new.iter().map(|x| vec![*x, 1.0]).collect();
            let found = paired::of_sums(Formula::Mean, &zeros, &rows, &clusters, resampling);
            let interval = found.unwrap().interval(0.95).unwrap();
            f64::from(u8::from(interval.low <= 0.0 && interval.high >= 0.0))
        });
        holds(&format!("bootstrap interval, clusters of {cluster}"), misses, 0.035);
    }
}

/// An average of six tasks by its standard error, and Cochran's Q of the same six.
#[test]
fn averages_and_unevenness_of_six_tasks() {
    for cluster in [1, CLUSTER] {
        let clusters = clusters(cluster);
        let degrees = [clusters.len() as f64 - 1.0; 6];
        let tasks = |random: &mut SplitMix64| -> (Vec<f64>, Vec<f64>) {
            let task = |random: &mut SplitMix64| {
                let found = differences(random, cluster);
                let error = stderr::of_mean_clustered(&found, &clusters).unwrap();
                (stderr::mean(&found).unwrap(), error)
            };
            (0..6).map(|_| task(random)).unzip()
        };
        let average = size(7, |random| {
            let (means, errors) = tasks(random);
            let error = errors.iter().map(|e| e * e).sum::<f64>().sqrt() / 6.0;
            interval::normal_p(means.iter().sum::<f64>() / 6.0, error)
        });
        holds(&format!("average of six tasks, clusters of {cluster}"), average, 0.035);
        let unevenness = size(8, |random| {
            let (means, errors) = tasks(random);
            heterogeneity::heterogeneity(&means, &errors, &degrees).unwrap().p
        });
        holds(&format!("Cochran's Q, clusters of {cluster}"), unevenness, 0.035);
    }
}
