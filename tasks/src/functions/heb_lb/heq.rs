//! Questions on a paragraph, with other questions on it as shots.

use std::collections::HashMap;

use serde_json::Value;

use crate::doc::Doc;
use crate::functions::error::{column, text};
use crate::functions::{Draw, FunctionError};
use crate::random::Random;

/// A paragraph is used if it has this many questions: one that is asked and
/// three that are shots.
const QUESTIONS: usize = 4;

/// Keeps the questions of paragraphs with at least four, and adds `answer`,
/// the first reference answer, and `references`, all of them.
///
/// Of the test set of HeQ v1.0, 1,435 of 1,504 questions stay.
pub(in crate::functions) fn heq(mut docs: Vec<Doc>) -> Result<Vec<Doc>, FunctionError> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for doc in &docs {
        *counts.entry(text(doc, "context")?.to_owned()).or_default() += 1;
    }
    docs.retain(|doc| {
        doc.text("context").and_then(|context| counts.get(context)) >= Some(&QUESTIONS)
    });
    for doc in &mut docs {
        let references = references(doc)?;
        let answer = references
            .first()
            .cloned()
            .ok_or_else(|| FunctionError::new(doc, "`answers` has no text"))?;
        doc.fields.insert("answer".to_owned(), answer);
        doc.fields.insert("references".to_owned(), references.into());
    }
    Ok(docs)
}

fn references(doc: &Doc) -> Result<Vec<Value>, FunctionError> {
    let texts = column(doc, "answers")?.get("text").and_then(Value::as_array);
    let texts = texts.filter(|texts| texts.iter().all(Value::is_string));
    texts
        .cloned()
        .ok_or_else(|| FunctionError::new(doc, "column `answers` must be `{text: [...]}`"))
}

/// The first other questions on the document's paragraph, in file order.
pub(in crate::functions) fn siblings(
    draw: &Draw,
    _: &mut Random,
) -> Result<Vec<usize>, FunctionError> {
    let paragraph = draw.doc.get("context");
    let question = draw.doc.get("question");
    let sibling = |doc: &Doc| doc.get("context") == paragraph && doc.get("question") != question;
    let found = draw.pool.iter().enumerate().filter(|(_, doc)| sibling(doc)).map(|(at, _)| at);
    Ok(found.take(draw.shots).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn docs(rows: &[(&str, &str)]) -> Vec<Doc> {
        let row = |(context, question): &(&str, &str)| {
            let answers = json!({"text": [format!("{question}!"), "x"], "answer_start": [0, 0]});
            json!({"context": context, "question": question, "answers": answers})
                .as_object()
                .unwrap()
                .clone()
        };
        rows.iter().map(row).enumerate().map(|(id, fields)| Doc::new(id, fields)).collect()
    }

    #[test]
    fn keeps_paragraphs_with_four_questions() {
        let kept =
            heq(docs(&[("p", "1"), ("q", "1"), ("p", "2"), ("p", "3"), ("p", "4")])).unwrap();
        assert_eq!(kept.len(), 4);
        assert_eq!(kept[1].get("answer"), Some(&json!("2!")));
        assert_eq!(kept[1].get("references"), Some(&json!(["2!", "x"])));
    }

    #[test]
    fn siblings_are_other_questions_of_the_paragraph() {
        let pool = docs(&[("p", "1"), ("q", "1"), ("p", "2"), ("p", "2"), ("p", "3"), ("p", "4")]);
        let draw = |doc| Draw {
            pool: &pool,
            docs: pool.len(),
            labels: &[],
            shots: 3,
            doc: &pool[doc],
            seed: 0,
        };
        let random = &mut Random::new(0);
        assert_eq!(siblings(&draw(0), random).unwrap(), [2, 3, 4]);
        assert_eq!(siblings(&draw(2), random).unwrap(), [0, 4, 5]);
    }

    #[test]
    fn answers_of_another_shape_are_named() {
        let mut broken = docs(&[("p", "1"), ("p", "2"), ("p", "3"), ("p", "4")]);
        broken[2].fields.insert("answers".into(), json!("text"));
        assert!(heq(broken).unwrap_err().reason.contains("`answers`"));
    }
}
