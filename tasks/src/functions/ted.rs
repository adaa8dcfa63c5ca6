//! Chunks of talks for routing probes.
//!
//! The rule of the notebook of arXiv:2605.17598's authors
//! (sarelWeinberger/qwen-hebrew-finetuning, `cross_lang_moe_analysis`).

use serde_json::{Map, Value};

use super::FunctionError;
use super::error::text;
use crate::doc::Doc;

/// The words that a chunk has at least, by white space.
const WORDS: usize = 250;

/// Chunks of aligned lines in English and Hebrew or Japanese.
///
/// Lines are gathered until the English side has 250 words. The chunk is kept
/// if the Hebrew side has as many; Japanese does not separate words, there
/// the English side decides alone. Kept or not, gathering starts anew. Pairs
/// with an empty side are passed over. Rows that are chunks already (columns
/// `en_prompt` and `he_prompt` or `ja_prompt`) are only numbered. `chunk` names
/// the corpus too (`en-he 0`): chunks of two corpora share no text.
pub(super) fn chunks(docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let ready = docs.first().is_some_and(|doc| doc.get("en_prompt").is_some());
    let mut chunks = if ready { docs } else { gather(&docs)? };
    for (number, doc) in chunks.iter_mut().enumerate() {
        let other = if doc.get("ja_prompt").is_some() { "ja" } else { "he" };
        doc.fields.insert("chunk".to_owned(), format!("en-{other} {number}").into());
    }
    Ok(chunks)
}

fn gather(docs: &[Doc]) -> Result<Vec<Doc>, FunctionError> {
    let other = if docs.iter().any(|doc| doc.get("ja").is_some()) { "ja" } else { "he" };
    let mut chunks = Vec::new();
    let (mut english, mut second) = (Side::default(), Side::default());
    for doc in docs {
        let (line, translated) = (text(doc, "en")?.trim(), text(doc, other)?.trim());
        if line.is_empty() || translated.is_empty() {
            continue;
        }
        english.add(line);
        second.add(translated);
        if english.words >= WORDS {
            chunks.extend(chunk(doc, &mut english, &mut second, other));
        }
    }
    if let Some(last) = docs.last() {
        chunks.extend(chunk(last, &mut english, &mut second, other));
    }
    Ok(chunks)
}

/// The chunk of what was gathered, if both sides are long enough.
fn chunk(doc: &Doc, english: &mut Side, second: &mut Side, other: &str) -> Option<Doc> {
    let (english, second) = (std::mem::take(english), std::mem::take(second));
    let enough = english.words >= WORDS && (other == "ja" || second.words >= WORDS);
    enough.then(|| {
        let fields = [
            ("en_prompt".to_owned(), Value::from(english.lines.join(" "))),
            (format!("{other}_prompt"), second.lines.join(" ").into()),
            ("en_words".to_owned(), english.words.into()),
            (format!("{other}_words"), second.words.into()),
        ];
        Doc { fields: Map::from_iter(fields), ..doc.clone() }
    })
}

#[derive(Default)]
struct Side {
    lines: Vec<String>,
    words: usize,
}

impl Side {
    fn add(&mut self, line: &str) {
        self.words += line.split_whitespace().count();
        self.lines.push(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn docs(rows: &[(usize, usize)], other: &str) -> Vec<Doc> {
        let words = |count: usize| vec!["w"; count].join(" ");
        let row = |(en, second): &(usize, usize)| json!({"en": words(*en), other: words(*second)});
        rows.iter().map(row).map(|row| Doc::new(0, row.as_object().unwrap().clone())).collect()
    }

    #[test]
    fn short_hebrew_sides_are_dropped_with_their_buffers() {
        let rows = [(200, 200), (60, 60), (250, 249), (300, 250), (100, 400)];
        let chunks = chunks(docs(&rows, "he")).unwrap();
        let words: Vec<_> = chunks
            .iter()
            .map(|doc| (doc.fields["en_words"].clone(), doc.fields["he_words"].clone()))
            .collect();
        assert_eq!(words, [(json!(260), json!(260)), (json!(300), json!(250))]);
        assert_eq!(chunks[1].text("chunk"), Some("en-he 1"));
    }

    #[test]
    fn japanese_counts_english_words_only() {
        let chunks = chunks(docs(&[(250, 3), (249, 1), (1, 0)], "ja")).unwrap();
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].text("chunk"), Some("en-ja 0"));
    }

    #[test]
    fn chunks_pass_through() {
        let fields = json!({"en_prompt": "a", "he_prompt": "א"}).as_object().unwrap().clone();
        let kept = chunks(vec![Doc::new(0, fields)]).unwrap();
        assert_eq!(
            (kept[0].text("en_prompt"), kept[0].text("chunk")),
            (Some("a"), Some("en-he 0"))
        );
    }
}
