//! The link within one checkpoint, on simulated routing counts.

use harness_metrics::association::documents::{Document, DocumentLink, NoLink, link};
use harness_metrics::association::logistic;
use harness_metrics::random::SplitMix64;
use harness_metrics::routing::{document, usage};
use harness_metrics::scores::Clusters;

use crate::simulation::{RUNS, assert_level, happens, normal, resampling, share, uniform};

const EXPERTS: usize = 16;
const TOP_K: usize = 2;
/// Documents are rarefied to this many tokens.
const SAMPLE: u64 = 6;

/// A document as it was routed.
struct Routed {
    task: usize,
    right: bool,
    counts: [u64; EXPERTS],
    tokens: u64,
}

/// 240 documents of three tasks in clusters of `size`. Whether one is right depends on its
/// length, and by `effect` on how broad its routing truly is; both have a part that the cluster
/// shares.
fn documents(run: u64, size: usize, effect: f64) -> (Vec<Routed>, Clusters) {
    let mut random = SplitMix64::stream(72, run);
    let shared: Vec<[f64; 2]> =
        (0..240).map(|_| [normal(&mut random), normal(&mut random)]).collect();
    let document = |i: usize| {
        let (task, [broader, easier]) = (i / 80, shared[i / size]);
        let breadth = 0.7 * broader + 0.7 * normal(&mut random);
        let log_tokens = 2.4 + 0.3 * task as f64 + 0.5 * normal(&mut random);
        let tokens = (log_tokens.exp() as u64).max(SAMPLE);
        let odds = 1.2 * ((tokens as f64).ln() - 2.7) + 0.8 * easier + effect * breadth;
        let right = happens(&mut random, odds);
        Routed { task, right, counts: route(&mut random, tokens, breadth), tokens }
    };
    let labels: Vec<String> = (0..240).map(|i| (i / size).to_string()).collect();
    let documents = (0..240).map(document).collect();
    (documents, Clusters::from_labels(labels.iter().map(String::as_str)))
}

/// Two different experts a token, low numbers more often the narrower the document.
fn route(random: &mut SplitMix64, tokens: u64, breadth: f64) -> [u64; EXPERTS] {
    let narrow = (-0.3 * breadth).exp();
    let mut counts = [0; EXPERTS];
    for _ in 0..tokens {
        let mut draw = || (EXPERTS as f64 * uniform(random).powf(1.0 + narrow)) as usize;
        let first = draw();
        let second = std::iter::repeat_with(&mut draw).find(|other| *other != first).unwrap();
        counts[first] += 1;
        counts[second] += 1;
    }
    counts
}

fn ask(routed: &[Routed], clusters: &Clusters, run: u64) -> Result<DocumentLink, NoLink> {
    let document = |routed: &Routed| Document {
        task: routed.task,
        score: f64::from(u8::from(routed.right)),
        tokens: routed.tokens,
        options: 0,
        tokens_per_character: None,
        predictor: document::rarefied_entropy_bits(&routed.counts, routed.tokens, TOP_K, SAMPLE)
            .unwrap(),
    };
    link(&routed.iter().map(document).collect::<Vec<_>>(), clusters, resampling(run))
}

fn significant(run: u64, size: usize, effect: f64) -> bool {
    let (documents, clusters) = documents(run, size, effect);
    ask(&documents, &clusters, run).is_ok_and(|link| link.adjusted.p <= 0.05)
}

#[test]
fn the_level_is_kept_where_length_decides() {
    assert_level("single documents", share(RUNS, |run| significant(run, 1, 0.0)));
    assert_level("clusters of four", share(RUNS, |run| significant(run, 4, 0.0)));
}

#[test]
fn an_effect_is_seen_and_tells_right_from_wrong() {
    let found: Vec<DocumentLink> = (0..100)
        .map(|run| {
            let (documents, clusters) = documents(run, 1, 1.2);
            ask(&documents, &clusters, run).unwrap()
        })
        .collect();
    let power = found.iter().filter(|link| link.adjusted.p <= 0.05).count();
    let gain = found.iter().map(|link| link.area_gain.as_ref().unwrap().value).sum::<f64>() / 100.0;
    assert!(power > 65 && gain > 0.02, "{power} % {gain}");
    assert!(found.iter().all(|link| link.adjusted.log_odds.value > -0.3 && link.n == 240));
}

/// Why plug-in entropy is never a predictor: with task effects alone it finds length.
#[test]
fn plug_in_entropy_is_a_length_meter() {
    let finds_length = |run: u64| {
        let (documents, clusters) = documents(run, 1, 0.0);
        let row = |routed: &Routed| {
            let load = routed.counts.map(|count| count as f64);
            let task = |number: usize| f64::from(u8::from(routed.task == number));
            vec![task(1), task(2), usage::entropy_bits(&load).unwrap()]
        };
        let responses: Vec<f64> =
            documents.iter().map(|routed| f64::from(u8::from(routed.right))).collect();
        let rows: Vec<Vec<f64>> = documents.iter().map(row).collect();
        let fit = logistic::fit(&rows, &responses, &clusters).unwrap();
        (fit.coefficients[3] / fit.clustered_stderrs.unwrap()[3]).abs() > 1.96
    };
    let share = share(200, finds_length);
    assert!(share > 0.3, "{share}");
}

#[test]
fn what_cannot_be_asked_says_why() {
    let (mut documents, clusters) = documents(0, 1, 0.0);
    let few: Vec<Routed> = documents.drain(..20).collect();
    assert_eq!(ask(&few, &Clusters::singletons(20), 0), Err(NoLink::TooFew { found: 20 }));
    documents.splice(0..0, few);
    documents.iter_mut().filter(|routed| routed.task == 0).for_each(|routed| routed.right = true);
    let found = ask(&documents, &clusters, 0).unwrap();
    assert_eq!((found.n, found.tasks), (160, vec![1, 2]), "a task that is all right says nothing");
    documents.iter_mut().for_each(|routed| (routed.counts, routed.tokens) = ([0; EXPERTS], SAMPLE));
    documents.iter_mut().for_each(|routed| routed.counts[..2].fill(SAMPLE));
    assert_eq!(ask(&documents, &clusters, 0), Err(NoLink::NoVariation));
}
