//! JCommonsenseQA (JGLUE): five choices, `label` counts from 0.

use serde_json::json;

use super::writer::{Row, Split, row};
use crate::exercise::commonsense::{Choice, QUESTIONS};
use crate::world::Random;

const DATASET: &str = "Rakuten/JGLUE/JCommonsenseQA";

/// Train (96 questions) and validation (160), in random order, no question in both.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut random = Random::named(seed, "jcommonsenseqa");
    let numbers = random.distinct(QUESTIONS, QUESTIONS);
    let mut rows: Vec<Row> = numbers
        .iter()
        .enumerate()
        .map(|(id, &number)| columns(id, &Choice::ask(number, &mut random)))
        .collect();
    let validation = rows.split_off(QUESTIONS - 160);
    vec![
        Split::new(&format!("{DATASET}/train"), rows),
        Split::new(&format!("{DATASET}/validation"), validation),
    ]
}

fn columns(id: usize, asked: &Choice) -> Row {
    let mut columns = row([("q_id", json!(id)), ("question", json!(asked.question))]);
    for (at, choice) in asked.choices.iter().enumerate() {
        columns[format!("choice{at}")] = json!(choice);
    }
    columns["label"] = json!(asked.answer);
    columns
}
