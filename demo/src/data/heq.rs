//! HeQ (NNLP-IL): Hebrew paragraphs with at least four questions each; offsets in code points.

use serde_json::json;

use super::writer::{Row, Split, distinct, row};
use crate::exercise::reading::{Passage, Question};
use crate::world::{Language, Random};

const DATASET: &str = "Etelis/HeQ_v1/default";

/// Validation (10 paragraphs) and test (60 paragraphs), four questions each.
pub(super) fn splits(seed: u64) -> Vec<Split> {
    let mut passages = passages(seed);
    let test = passages.split_off(VALIDATION);
    vec![
        Split::new(&format!("{DATASET}/validation"), rows("v", &passages)),
        Split::new(&format!("{DATASET}/test"), rows("t", &test)),
    ]
}

/// How many paragraphs precede those of the test.
const VALIDATION: usize = 10;

fn passages(seed: u64) -> Vec<Passage> {
    let mut random = Random::named(seed, "heq");
    let draw = |_| Passage::draw(Language::Hebrew, &mut random);
    distinct(VALIDATION + 60, draw, |passage| passage.context.clone())
}

/// The paragraphs of the test.
pub(super) fn held_out(seed: u64) -> Vec<String> {
    passages(seed).split_off(VALIDATION).into_iter().map(|passage| passage.context).collect()
}

fn rows(prefix: &str, passages: &[Passage]) -> Vec<Row> {
    let number = |(at, passage)| questions(format!("{prefix}{at}"), passage);
    passages.iter().enumerate().flat_map(number).collect()
}

fn questions(id: String, passage: &Passage) -> impl Iterator<Item = Row> {
    passage.questions.iter().take(4).enumerate().map(move |(at, question)| {
        row([
            ("id", json!(format!("{id}-{at}"))),
            ("title", json!(passage.title)),
            ("context", json!(passage.context)),
            ("question", json!(question.question)),
            ("answers", answers(question)),
        ])
    })
}

fn answers(question: &Question) -> serde_json::Value {
    json!({ "text": [question.answer], "answer_start": [question.start] })
}
