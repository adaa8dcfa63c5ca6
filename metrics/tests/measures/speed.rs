//! How long bands of a large model take. Prints; asserts no time.

use std::time::Instant;

use harness_metrics::random::SplitMix64;
use harness_metrics::routing::bands::{Band, DocumentCounts, random_halves};
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{PairMeasure, RoutingCounts, RoutingShape};

const SHAPE: RoutingShape = RoutingShape { layers: 48, experts: 128, top_k: 8 };
const DOCUMENTS: usize = 1000;

/// `tokens` tokens a document; low experts more often.
fn language(seed: u64, tokens: u64) -> DocumentCounts {
    let mut random = SplitMix64::new(seed);
    let mut documents = DocumentCounts::new(SHAPE);
    for _ in 0..DOCUMENTS {
        let mut counts = RoutingCounts::zeros(SHAPE, false);
        counts.tokens = tokens;
        for cell in
            (0..SHAPE.layers).flat_map(|layer| vec![layer * SHAPE.experts; 8 * tokens as usize])
        {
            let expert = random.below(SHAPE.experts).min(random.below(SHAPE.experts));
            counts.selections[cell + expert] += 1;
        }
        documents.push(&counts).unwrap();
    }
    documents
}

#[test]
#[ignore = "measures; run with --ignored --nocapture"]
fn a_thousand_draws_of_two_languages() {
    let (he, en) = (language(1, 30), language(2, 20));
    let clusters = Clusters::singletons(DOCUMENTS);
    let resampling = Resampling { draws: 1000, ..Resampling::default() };
    let measures = |loads: &[Vec<f64>]| {
        PairMeasure::ALL.map(|measure| measure.of(&loads[0], &loads[1], SHAPE.top_k))
    };
    let begin = Instant::now();
    let bands = Band::several(&[he.selections(), en.selections()], &clusters, resampling, measures);
    assert!(bands[0].is_some());
    println!(
        "1,000 draws, 48 layers, 128 experts, 1,000 documents, 2 languages, 13 measures of pairs: {:.1?}",
        begin.elapsed()
    );
    let begin = Instant::now();
    let halves = random_halves(he.selections(), &clusters, 200, 1, |a, b| {
        PairMeasure::ALL.map(|measure| measure.of(a, b, SHAPE.top_k))
    });
    assert_eq!(halves.len(), SHAPE.layers);
    println!("200 random halves of one language: {:.1?}", begin.elapsed());
}
