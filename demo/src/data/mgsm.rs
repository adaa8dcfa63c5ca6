//! MGSM, Japanese: worked examples in train, only the numbers in test.

use serde_json::{Value, json};

use super::writer::{Row, Split, distinct, row};
use crate::exercise::arithmetic::Story;
use crate::world::Random;

const DATASET: &str = "juletxara/mgsm/ja";

/// Train (8 worked stories) and test (150 stories).
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let stories = stories(seed);
    let train = stories[..TRAIN].iter().map(worked).collect();
    let test = stories[TRAIN..].iter().map(open).collect();
    vec![
        Split::new(&format!("{DATASET}/train"), train),
        Split::new(&format!("{DATASET}/test"), test),
    ]
}

/// How many stories precede those of the test.
const TRAIN: usize = 8;

fn stories(seed: u64) -> Vec<Story> {
    let mut random = Random::named(seed, "mgsm");
    distinct(TRAIN + 150, |_| Story::draw(&mut random), |story| story.question.clone())
}

/// The stories of the test.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    stories(seed).split_off(TRAIN).into_iter().map(|story| story.question).collect()
}

fn worked(story: &Story) -> Row {
    let question = format!("問題：{}", story.question);
    let answer = format!("ステップごとの答え：{}", story.steps);
    columns(json!(question), json!(answer), story.answer)
}

fn open(story: &Story) -> Row {
    columns(json!(story.question), Value::Null, story.answer)
}

fn columns(question: Value, answer: Value, number: usize) -> Row {
    row([
        ("question", question),
        ("answer", answer),
        ("answer_number", json!(number)),
        ("equation_solution", Value::Null),
    ])
}
