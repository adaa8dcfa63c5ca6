//! HebrewSentiment (NNLP-IL): remarks labelled in `tag_ids`.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::sentiment::label;
use crate::tell::opinions::{Feeling, Remark};
use crate::world::Random;

const DATASET: &str = "HebArabNlpProject/HebrewSentiment/default";

/// Train (60 remarks, for few-shots) and test (240). Any three rows in a row, counted from the
/// first, hold each feeling once.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut train = remarks(seed);
    let test = train.split_off(TRAIN);
    vec![
        Split::new(&format!("{DATASET}/train"), rows(&train)),
        Split::new(&format!("{DATASET}/test"), rows(&test)),
    ]
}

/// How many remarks precede those of the test.
const TRAIN: usize = 60;

fn remarks(seed: u64) -> Vec<Remark> {
    let mut random = Random::named(seed, "sentiment");
    let mut order = Feeling::ALL;
    let draw = |at: usize| {
        if at.is_multiple_of(3) {
            random.shuffle(&mut order);
        }
        Remark::draw(order[at % 3], &mut random)
    };
    distinct(TRAIN + 240, draw, |remark| remark.told[1].clone())
}

/// The remarks of the test, in every language.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    remarks(seed).split_off(TRAIN).into_iter().flat_map(|remark| remark.told).collect()
}

fn rows(remarks: &[Remark]) -> Vec<Row> {
    remarks.iter().enumerate().map(|(at, remark)| columns(at, remark)).collect()
}

fn columns(at: usize, remark: &Remark) -> Row {
    row([
        ("id", json!(at)),
        ("task_name", json!("sentiment analysis")),
        ("campaign_id", json!(0)),
        ("annotator_agreement_strength", json!(1.0)),
        ("survey_name", json!("world")),
        ("industry", json!("world")),
        ("type", json!("generated")),
        ("text", json!(remark.told[1])),
        ("tag_ids", json!(label(remark.feeling))),
    ])
}
