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

use rayon::prelude::*;
use sacrebleu_rs::Chrf;

use super::Statistic;
use super::translation::{Segments, add};

/// The longest character n-gram.
const CHARACTER_ORDER: usize = 6;
/// Recall counts this many times as much as precision, squared.
const BETA_SQUARED: f64 = 4.0;

/// For each n-gram order: those of the hypothesis, of the reference, and of both.
type Counts = Vec<i64>;

/// The counts of each segment.
pub(super) struct ChrfStatistic {
    segments: Vec<Counts>,
    orders: usize,
    signature: String,
}

impl ChrfStatistic {
    pub(super) fn new(segments: &Segments, word_order: usize) -> Self {
        let pairs = segments.hypotheses.par_iter().zip(&segments.references);
        let counts =
            pairs.map(|(hypothesis, references)| best_counts(hypothesis, references, word_order));
        let reference_count = segments.references.first().map_or(1, |several| several.len() as i64);
        Self {
            segments: counts.collect(),
            orders: CHARACTER_ORDER + word_order,
            signature: Chrf { word_order, ..Chrf::default() }.signature(reference_count),
        }
    }
}

impl Statistic for ChrfStatistic {
    fn len(&self) -> usize {
        self.segments.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        let mut sums = vec![0; 3 * self.orders];
        for &index in chosen {
            add(&mut sums, &self.segments[index]);
        }
        (!chosen.is_empty()).then(|| f_score(&sums))
    }

    fn signature(&self) -> Option<String> {
        Some(self.signature.clone())
    }
}

/// The counts against the reference with the highest score, the first of equals.
fn best_counts(hypothesis: &str, references: &[String], word_order: usize) -> Counts {
    let mut best = (f64::NEG_INFINITY, Counts::new());
    for reference in references {
        let counts = counts(hypothesis, reference, word_order);
        let score = f_score(&counts);
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
fn shared<T: Eq + Hash>(hypothesis: &[T], reference: &[T], order: usize) -> [i64; 3] {
    let theirs = ngrams(reference, order);
    if theirs.is_empty() {
        return [0, 0, 0];
    }
    let ours = ngrams(hypothesis, order);
    let both = ours.iter().map(|(ngram, count)| *count.min(theirs.get(ngram).unwrap_or(&0)));
    [ours.values().sum(), theirs.values().sum(), both.sum()]
}

fn ngrams<T: Eq + Hash>(items: &[T], order: usize) -> HashMap<&[T], i64> {
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

/// The F-score of mean precision and mean recall over the orders that occur
/// on both sides, times 100.
fn f_score(counts: &[i64]) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for order in counts.chunks_exact(3) {
        let (ours, theirs, both) = (order[0] as f64, order[1] as f64, order[2] as f64);
        if ours > 0.0 && theirs > 0.0 {
            precision += both / ours;
            recall += both / theirs;
            orders += 1.0;
        }
    }
    let (precision, recall) =
        if orders > 0.0 { (precision / orders, recall / orders) } else { (0.0, 0.0) };
    if precision + recall == 0.0 {
        return 0.0;
    }
    // In sacreBLEU's order: a last digit decides between references that tie.
    let score = (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall);
    100.0 * score
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours(pairs: &[(String, Vec<String>)], word_order: usize) -> f64 {
        let segments = Segments {
            hypotheses: pairs.iter().map(|(hypothesis, _)| hypothesis.clone()).collect(),
            references: pairs.iter().map(|(_, references)| references.clone()).collect(),
        };
        ChrfStatistic::new(&segments, word_order).of_all().unwrap()
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
