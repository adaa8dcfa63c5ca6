//! The Swallow LLM leaderboards (swallow-llm/swallow-evaluation, version
//! 202411, and swallow-evaluation-instruct, version 202508).
//!
//! Its evaluation of base models has one `random.Random(42)` a task: it
//! shuffles the documents and then draws each one's shots.

use serde_json::Value;

use super::error::column;
use super::{Draw, FunctionError, wmt20};
use crate::doc::Doc;
use crate::random::Random;

/// The seed of the base models' stream.
const SEED: u64 = 42;
/// The seed of the slots of right answers, which is ours.
const SLOTS: u64 = 1234;

/// The documents in the order in which they are asked.
pub(super) fn shuffled(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    Random::new(SEED).shuffle(&mut docs);
    Ok(docs)
}

/// [`shuffled`], with the texts of WMT20 in columns of their own.
pub(super) fn shuffled_wmt20(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    shuffled(wmt20::process_docs(docs)?)
}

/// Shots from another split: `sample(pool, n)` for every document. That pool
/// has been shuffled by `process_docs` as the documents were, but is drawn
/// from in its own order.
pub(super) fn mgsm_shots(draw: &Draw, _: &mut Random) -> Result<Vec<usize>, FunctionError> {
    let rows = drawn(draw, draw.shots);
    let place = places(draw.pool.len());
    Ok(rows.into_iter().map(|row| place[row]).collect())
}

/// Shots from the documents themselves: `sample(documents, n + 1)`, the
/// document taken out if it was drawn, and the first n.
pub(super) fn wmt20_shots(draw: &Draw, _: &mut Random) -> Result<Vec<usize>, FunctionError> {
    let rows = drawn(draw, draw.shots + 1);
    let place = places(draw.pool.len());
    let others = rows.into_iter().map(|row| place[row]);
    Ok(others.filter(|row| draw.pool[*row].fields != draw.doc.fields).take(draw.shots).collect())
}

/// What the stream draws for the document: the rows of the pool before it was
/// shuffled.
fn drawn(draw: &Draw, count: usize) -> Vec<usize> {
    let mut random = Random::new(SEED);
    random.shuffle(&mut vec![0; draw.docs]);
    let mut rows = Vec::new();
    for _ in 0..=draw.doc.id {
        rows = random.sample(draw.pool.len(), count).unwrap_or_default();
    }
    rows
}

/// Where each row of a pool stands after the shuffle.
fn places(count: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    Random::new(SEED).shuffle(&mut rows);
    let mut places = vec![0; count];
    for (place, row) in rows.into_iter().enumerate() {
        places[row] = place;
    }
    places
}

/// Moves the right one of `choice0` to `choice3` to a random slot; the wrong
/// ones keep their order. Adds `choices` and `gold`.
///
/// Swallow's slots depend on all that ran before in the same process; these
/// are `random.Random(1234).randint(0, 3)`, row by row.
pub(super) fn gold_moved(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut random = Random::new(SLOTS);
    for doc in &mut docs {
        let mut choices: Vec<Value> = (0..4)
            .map(|at| column(doc, &format!("choice{at}")).cloned())
            .collect::<Result<_, _>>()?;
        let answer = column(doc, "answer_index")?;
        let right = answer.as_u64().and_then(|at| usize::try_from(at).ok()).filter(|at| *at < 4);
        let right = right.ok_or_else(|| {
            FunctionError::new(
                doc,
                format!("column `answer_index` must be 0 to 3, but is {answer}"),
            )
        })?;
        let slot = random.randint(0, 3).and_then(|slot| usize::try_from(slot).ok()).unwrap_or(0);
        let right = choices.remove(right);
        choices.insert(slot, right);
        doc.fields.insert("choices".to_owned(), choices.into());
        doc.fields.insert("gold".to_owned(), slot.into());
    }
    Ok(docs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn docs(count: usize) -> Vec<Doc> {
        let row = |id: usize| json!({"row": id}).as_object().unwrap().clone();
        (0..count).map(|id| Doc::new(id, row(id))).collect()
    }

    fn numbered(mut docs: Vec<Doc>) -> Vec<Doc> {
        for (id, doc) in docs.iter_mut().enumerate() {
            doc.id = id;
        }
        docs
    }

    fn rows(docs: &[Doc]) -> Vec<u64> {
        docs.iter().filter_map(|doc| doc.get("row")?.as_u64()).collect()
    }

    #[test]
    fn the_stream_of_wmt20() {
        let pool = numbered(shuffled(docs(1000)).unwrap());
        assert_eq!(rows(&pool[..10]), [776, 507, 895, 922, 33, 483, 85, 750, 354, 523]);
        let random = &mut Random::new(0);
        for (id, expected) in [(0, [418, 461, 705, 608]), (1, [298, 33, 237, 295])] {
            let draw =
                Draw { pool: &pool, docs: 1000, labels: &[], shots: 4, doc: &pool[id], seed: 0 };
            let shots: Vec<Doc> = wmt20_shots(&draw, random)
                .unwrap()
                .into_iter()
                .map(|row| pool[row].clone())
                .collect();
            assert_eq!(rows(&shots), expected);
        }
    }

    #[test]
    fn the_stream_of_mgsm() {
        let asked = numbered(shuffled(docs(250)).unwrap());
        assert_eq!(rows(&asked[..10]), [44, 98, 184, 123, 121, 167, 9, 176, 197, 113]);
        let pool = numbered(shuffled(docs(8)).unwrap());
        for (id, expected) in [(0, [6, 1, 0, 5]), (1, [6, 2, 3, 5]), (2, [7, 6, 5, 0])] {
            let draw =
                Draw { pool: &pool, docs: 250, labels: &[], shots: 4, doc: &asked[id], seed: 0 };
            let shots: Vec<Doc> = mgsm_shots(&draw, &mut Random::new(0))
                .unwrap()
                .into_iter()
                .map(|row| pool[row].clone())
                .collect();
            assert_eq!(rows(&shots), expected);
        }
    }

    #[test]
    fn wrong_answers_keep_their_order() {
        let row = json!({"choice0": "a", "choice1": "b", "choice2": "c", "choice3": "d", "answer_index": 2});
        let moved = gold_moved(vec![Doc::new(0, row.as_object().unwrap().clone()); 20]).unwrap();
        let mut slots = std::collections::HashSet::new();
        for doc in &moved {
            let gold = doc.get("gold").and_then(Value::as_u64).unwrap();
            let choices = doc.get("choices").and_then(Value::as_array).unwrap();
            let wrong: Vec<_> = choices.iter().filter(|choice| **choice != json!("c")).collect();
            assert_eq!(choices[usize::try_from(gold).unwrap()], json!("c"));
            assert_eq!(wrong, [&json!("a"), &json!("b"), &json!("d")]);
            slots.insert(gold);
        }
        assert_eq!(slots.len(), 4);
    }
}
