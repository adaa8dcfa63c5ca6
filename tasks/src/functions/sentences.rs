//! Parallel sentences joined to chunks, for routing probes.
//!
//! Rows of a parallel text are single sentences. Joined to chunks they have context, and shuffled
//! within their chunk they have the same words without it: what changes between the three is not
//! vocabulary. Every language is cut at the same rows and shuffled alike, because neither looks at
//! the text.

use serde_json::{Map, Value};

use super::FunctionError;
use super::error::text;
use crate::doc::Doc;
use crate::random::Random;

/// Sentences a chunk: about 250 English words of FLORES-200, the length of the paper's chunks.
const SENTENCES: usize = 12;

/// Twelve neighbouring sentences (column `text`) a chunk, joined by single spaces; the last chunk
/// holds what is left. `chunk` numbers them from 0.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every function of the registry takes the documents over"
)]
pub(super) fn chunks(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    join(&docs, |_, _| {})
}

/// The same chunks with the sentences of each in the order of `random.Random(chunk).shuffle`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every function of the registry takes the documents over"
)]
pub(super) fn shuffled_chunks(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    join(&docs, |chunk, sentences| Random::new(chunk).shuffle(sentences))
}

fn join(docs: &[Doc], order: impl Fn(u64, &mut Vec<&str>)) -> Result<Vec<Doc>, FunctionError> {
    let chunk = |(number, rows): (usize, &[Doc])| {
        let mut sentences: Vec<&str> =
            rows.iter().map(|row| text(row, "text").map(str::trim)).collect::<Result<_, _>>()?;
        order(number as u64, &mut sentences);
        let fields = [
            ("text".to_owned(), Value::from(sentences.join(" "))),
            ("chunk".to_owned(), number.into()),
        ];
        Ok(Doc { id: number, fields: Map::from_iter(fields), origin: rows[0].origin.clone() })
    };
    docs.chunks(SENTENCES).enumerate().map(chunk).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn docs(count: usize) -> Vec<Doc> {
        let row = |number: usize| json!({"text": format!("s{number} ")});
        (0..count).map(|n| Doc::new(n, row(n).as_object().unwrap().clone())).collect()
    }

    #[test]
    fn chunks_are_neighbours_and_the_rest() {
        let chunks = chunks(docs(14)).unwrap();
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks[0].text("text").unwrap().split(' ').count(), 12);
        assert_eq!(
            (chunks[1].text("text"), chunks[1].get("chunk")),
            (Some("s12 s13"), Some(&json!(1)))
        );
    }

    #[test]
    fn shuffled_chunks_hold_the_same_sentences() {
        let (plain, shuffled) = (chunks(docs(30)).unwrap(), shuffled_chunks(docs(30)).unwrap());
        for (a, b) in plain.iter().zip(&shuffled) {
            let words = |doc: &Doc| -> Vec<String> {
                doc.text("text").unwrap().split(' ').map(str::to_owned).collect()
            };
            let (mut a, mut b) = (words(a), words(b));
            assert!(a.len() < 12 || a != b, "shuffled");
            a.sort();
            b.sort();
            assert_eq!(a, b);
        }
        assert_eq!(shuffled, shuffled_chunks(docs(30)).unwrap(), "the same every time");
    }
}
