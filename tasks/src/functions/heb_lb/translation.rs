//! Sentence pairs, asked in both directions.

use serde_json::{Map, Value};

use crate::doc::Doc;
use crate::functions::error::{column, text};
use crate::functions::{Draw, FunctionError};
use crate::random::Random;

/// A file of more pairs than this is the whole corpus, of which so many are
/// drawn.
const PAIRS: usize = 1000;
/// The English words of a pair that may be drawn.
const WORDS: std::ops::RangeInclusive<usize> = 30..=40;
/// The seed of the draw.
const SEED: u64 = 1234;

/// Two documents of every pair of TED lines (columns `en` and `he`).
///
/// Of a file with more than 1,000 pairs, those of 30 to 40 English words are
/// taken and 1,000 of them drawn by `random.Random(1234).sample`.
pub(in crate::functions) fn ted_directions(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let docs = if docs.len() > PAIRS { draw(&docs)? } else { docs };
    directions(docs, |doc| Ok((text(doc, "en")?.to_owned(), text(doc, "he")?.to_owned())))
}

fn draw(docs: &[Doc]) -> Result<Vec<Doc>, FunctionError> {
    let mut fitting = Vec::new();
    for doc in docs {
        if WORDS.contains(&text(doc, "en")?.split_whitespace().count()) {
            fitting.push(doc);
        }
    }
    let count = PAIRS.min(fitting.len());
    let drawn = Random::new(SEED).sample(fitting.len(), count).unwrap_or_default();
    Ok(drawn.into_iter().map(|at| fitting[at].clone()).collect())
}

/// Two documents of every FLORES sentence (`text`, and `joined.text` in
/// Hebrew).
pub(in crate::functions) fn flores_directions(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    directions(docs, |doc| {
        let joined = column(doc, "joined")?.get("text").and_then(Value::as_str);
        let hebrew = joined.ok_or_else(|| FunctionError::new(doc, "the joined row has no text"))?;
        Ok((text(doc, "text")?.to_owned(), hebrew.to_owned()))
    })
}

/// English to Hebrew and Hebrew to English of every pair, one after the
/// other, so that any number of first documents has both. `pair` is the row's
/// `id`, or its position where it has none.
fn directions(
    docs: Vec<Doc>,
    sentences: impl Fn(&Doc) -> Result<(String, String), FunctionError>,
) -> Result<Vec<Doc>, FunctionError> {
    let mut both = Vec::with_capacity(2 * docs.len());
    for doc in docs {
        let (english, hebrew) = sentences(&doc)?;
        let pair = doc.get("id").cloned().unwrap_or_else(|| doc.id.into());
        let mut put = |direction: &str, source: &str, target: &str| {
            let mut fields = Map::new();
            fields.insert("pair".to_owned(), pair.clone());
            fields.insert("direction".to_owned(), direction.into());
            fields.insert("source".to_owned(), source.into());
            fields.insert("target".to_owned(), target.into());
            both.push(Doc { fields, ..doc.clone() });
        };
        put("en-he", &english, &hebrew);
        put("he-en", &hebrew, &english);
    }
    Ok(both)
}

/// The first pairs of the pool in the document's direction, but for the
/// document's own sentence.
pub(in crate::functions) fn same_direction(
    draw: &Draw,
    _: &mut Random,
) -> Result<Vec<usize>, FunctionError> {
    let (direction, source) = (draw.doc.get("direction"), draw.doc.get("source"));
    let fits = |doc: &Doc| doc.get("direction") == direction && doc.get("source") != source;
    let found = draw.pool.iter().enumerate().filter(|(_, doc)| fits(doc)).map(|(at, _)| at);
    Ok(found.take(draw.shots).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn docs(rows: &[Value]) -> Vec<Doc> {
        let rows = rows.iter().enumerate();
        rows.map(|(id, row)| Doc::new(id, row.as_object().unwrap().clone())).collect()
    }

    #[test]
    fn a_pair_gives_two_documents() {
        let both =
            ted_directions(docs(&[json!({"en": "a", "he": "א"}), json!({"en": "b", "he": "ב"})]))
                .unwrap();
        let fields: Vec<_> = both.iter().map(|doc| Value::Object(doc.fields.clone())).collect();
        assert_eq!(
            fields[0],
            json!({"pair": 0, "direction": "en-he", "source": "a", "target": "א"})
        );
        assert_eq!(
            fields[3],
            json!({"pair": 1, "direction": "he-en", "source": "ב", "target": "b"})
        );
    }

    #[test]
    fn a_whole_corpus_is_drawn_from() {
        let row = |at: usize| {
            let words = vec!["w"; 29 + at % 13].join(" ");
            json!({"id": at, "en": words, "he": "א"})
        };
        let rows: Vec<Value> = (0..1300).map(row).collect();
        let both = ted_directions(docs(&rows)).unwrap();
        assert_eq!(both.len(), 2000);
        let fits = |doc: &Doc| {
            doc.get("pair").and_then(Value::as_u64).is_some_and(|at| (1..=11).contains(&(at % 13)))
        };
        assert!(both.iter().all(fits));
        assert_eq!(both, ted_directions(docs(&rows)).unwrap());
    }

    #[test]
    fn shots_are_other_pairs_of_the_same_direction() {
        let rows =
            ["a", "b", "c"].map(|text| json!({"text": text, "joined": {"text": text.repeat(2)}}));
        let pool = flores_directions(docs(&rows)).unwrap();
        let draw =
            Draw { pool: &pool, docs: pool.len(), labels: &[], shots: 2, doc: &pool[3], seed: 0 };
        assert_eq!(same_direction(&draw, &mut Random::new(0)).unwrap(), [1, 5]);
    }
}
