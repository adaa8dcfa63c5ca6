//! Sentence pairs in the columns of NeuLab-TedTalks (OPUS), English and Hebrew.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::translation::{self, Parallel};
use crate::world::Random;

const DATASET: &str = "Helsinki-NLP/neulab_tedtalks/en-he";

/// Train (20 pairs, for few-shots) and test (150 pairs).
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut pairs = pairs(seed);
    let test = pairs.split_off(TRAIN);
    vec![
        Split::new(&format!("{DATASET}/train"), rows(&pairs)),
        Split::new(&format!("{DATASET}/test"), rows(&test)),
    ]
}

/// How many pairs precede those of the test.
const TRAIN: usize = 20;

fn pairs(seed: u64) -> Vec<Parallel> {
    let mut random = Random::named(seed, "ted");
    distinct(TRAIN + 150, |_| translation::short(&mut random), |pair| pair[0].clone())
}

/// The sentences of the test, in every language.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    pairs(seed).split_off(TRAIN).concat()
}

fn rows(pairs: &[Parallel]) -> Vec<Row> {
    pairs.iter().map(|pair| row([("en", json!(pair[0])), ("he", json!(pair[1]))])).collect()
}
