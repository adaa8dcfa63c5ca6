//! Corpus chrF and chrF++ from the counts of each segment.
//!
//! `sacrebleu-rs` gives scores and no counts, and a bootstrap would count
//! every n-gram a hundred times; the counts are therefore made here, and a
//! test holds the score to that crate's.
//!
//! Source: Popović (2015), "chrF: character n-gram F-score for automatic MT
//! evaluation", and (2017) for chrF++; sacreBLEU 2.6 `metrics/chrf.py`.

use std::collections::HashMap;
use std::hash::Hash;

use harness_metrics::scores::Formula;
use sacrebleu_rs::Chrf;

use super::translation::{Segments, Signed};

/// The longest character n-gram.
const CHARACTER_ORDER: usize = 6;

/// For each n-gram order: those of the hypothesis, of the reference, and of both.
type Counts = Vec<f64>;

/// Corpus chrF, or with words chrF++.
pub(super) fn chrf(segments: &Segments, word_order: usize) -> Signed {
    let rows =
        segments.measure(|hypothesis, references| best_counts(hypothesis, references, word_order));
    let chrf = Chrf { word_order, ..Chrf::default() };
    Signed::new(Formula::Chrf, rows, chrf.signature(segments.reference_count()))
}

/// The counts against the reference with the highest score, the first of equals.
fn best_counts(hypothesis: &str, references: &[String], word_order: usize) -> Counts {
    let mut best = (f64::NEG_INFINITY, Counts::new());
    for reference in references {
        let counts = counts(hypothesis, reference, word_order);
        let score = Formula::Chrf.of(&counts).unwrap_or(0.0);
        if score > best.0 {
            best = (score, counts);
        }
    }
    best.1
}

fn counts(hypothesis: &str, reference: &str, word_order: usize) -> Counts {
    let characters =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
    let (ours, theirs) = (characters(hypothesis), characters(reference));
    let of_characters = (1..=CHARACTER_ORDER).flat_map(|order| shared(&ours, &theirs, order));
    let (ours, theirs) = (words(hypothesis), words(reference));
    of_characters.chain((1..=word_order).flat_map(|order| shared(&ours, &theirs, order))).collect()
}

/// n-grams of the hypothesis, of the reference, and of both. A reference too
/// short for this order takes the order out of the hypothesis too.
fn shared<T: Eq + Hash>(hypothesis: &[T], reference: &[T], order: usize) -> [f64; 3] {
    let theirs = ngrams(reference, order);
    if theirs.is_empty() {
        return [0.0; 3];
    }
    let ours = ngrams(hypothesis, order);
    let both = ours.iter().map(|(ngram, count)| *count.min(theirs.get(ngram).unwrap_or(&0)));
    [ours.values().sum::<u32>(), theirs.values().sum(), both.sum()].map(f64::from)
}

fn ngrams<T: Eq + Hash>(items: &[T], order: usize) -> HashMap<&[T], u32> {
    let mut counts = HashMap::new();
    for ngram in items.windows(order) {
        *counts.entry(ngram).or_insert(0) += 1;
    }
    counts
}

/// Words, with one ASCII punctuation mark at their end or else their
/// beginning split off.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().flat_map(split_word).collect()
}

fn split_word(word: &str) -> Vec<String> {
    let is_mark = |c: char| c.is_ascii_punctuation();
    let mut characters = word.chars();
    let (first, last) = (characters.next(), characters.next_back());
    match (first, last) {
        (_, Some(mark)) if is_mark(mark) => {
            vec![word[..word.len() - 1].to_owned(), mark.to_string()]
        }
        (Some(mark), Some(_)) if is_mark(mark) => vec![mark.to_string(), word[1..].to_owned()],
        _ => vec![word.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Statistic;
    use super::*;

    fn ours(pairs: &[(String, Vec<String>)], word_order: usize) -> f64 {
        let segments = Segments {
            hypotheses: pairs.iter().map(|(hypothesis, _)| hypothesis.clone()).collect(),
            references: pairs.iter().map(|(_, references)| references.clone()).collect(),
        };
        chrf(&segments, word_order).of_all().unwrap()
    }

    fn theirs(pairs: &[(String, Vec<String>)], word_order: usize) -> f64 {
        let hypotheses: Vec<String> =
            pairs.iter().map(|(hypothesis, _)| hypothesis.clone()).collect();
        let streams: Vec<Vec<String>> = (0..2)
            .map(|at| pairs.iter().map(|(_, references)| references[at].clone()).collect())
            .collect();
        Chrf { word_order, ..Chrf::default() }.corpus_score(&hypotheses, &streams).score
    }

    proptest! {
        #[test]
        fn counts_sum_to_the_score_of_sacrebleu(
            pairs in prop::collection::vec(("[abש.! ]{0,14}", prop::collection::vec("[abש.! ]{0,14}", 2)), 1..6),
            word_order in 0..3_usize,
        ) {
            let (ours, theirs) = (ours(&pairs, word_order), theirs(&pairs, word_order));
            prop_assert!((ours - theirs).abs() < 1e-9, "{} {}", ours, theirs);
        }
    }

    #[test]
    fn ties_between_references_fall_as_in_sacrebleu() {
        let pair = |hypothesis: &str, references: [&str; 2]| {
            (hypothesis.to_owned(), references.map(str::to_owned).to_vec())
        };
        let pairs = [pair(".ab.aaaש", ["ש!!", "bש..bש.ש"]), pair("", ["a", ""])];
        assert_eq!(ours(&pairs, 0), theirs(&pairs, 0));
    }

    #[test]
    fn equal_texts_score_a_hundred() {
        let pairs = [("השלום.".to_owned(), vec!["השלום.".to_owned(); 2])];
        assert!((ours(&pairs, 2) - 100.0).abs() < 1e-9);
    }
}
