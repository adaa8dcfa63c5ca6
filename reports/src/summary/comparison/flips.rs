//! The documents behind a difference.

use std::collections::HashMap;

use harness_metrics::random::SplitMix64;
use serde_json::Value;

use super::{PairedDocument, Side, pair};
use crate::estimates::DocumentValue;
use crate::manifest::MetricName;
use crate::record::{DocumentRow, Record, RecordError};

/// A document that one model answers right and the other wrong, with both answers.
#[derive(Clone, PartialEq, Debug)]
pub struct FlippedDocument {
    /// Position in the model's task.
    pub doc_id: usize,
    /// Whether the newer model is the one that is right.
    pub gained: bool,
    /// The document's own prompt, where samples were logged.
    pub question: Option<String>,
    /// The right answer.
    pub target: String,
    /// The baseline's answer.
    pub old_answer: String,
    /// The model's answer.
    pub new_answer: String,
}

/// At most `most` documents a direction that flipped between two models, chosen by a fixed seed, in
/// the order of documents. Empty for metrics that are not right or wrong.
///
/// # Errors
/// When a record is damaged.
pub fn flipped_documents(
    (old, old_record): (Side<'_>, &Record),
    (new, new_record): (Side<'_>, &Record),
    task: &str,
    metric: &MetricName,
    most: usize,
) -> Result<Vec<FlippedDocument>, RecordError> {
    let cells = old.summary.cell(old.alias, task).zip(new.summary.cell(new.alias, task));
    let Some((old_cell, new_cell)) = cells else { return Ok(Vec::new()) };
    let paired = pair(old_cell.kept.of(metric), new_cell.kept.of(metric));
    let chosen = choose(&paired.documents, most);
    let ids = |pick: fn(&PairedDocument) -> usize| -> Vec<usize> {
        chosen.iter().map(|(document, _)| pick(document)).collect()
    };
    let old_rows = read(old_record, old.alias, task, &ids(|d| d.old_id))?;
    let new_rows = read(new_record, new.alias, task, &ids(|d| d.new_id))?;
    let shown = |(document, gained): &(&PairedDocument, bool)| {
        let before = old_rows.get(&document.old_id)?;
        let after = new_rows.get(&document.new_id)?;
        Some(FlippedDocument {
            doc_id: document.new_id,
            gained: *gained,
            question: question(after),
            target: plain(&after.target),
            old_answer: answer(before, &metric.filter),
            new_answer: answer(after, &metric.filter),
        })
    };
    Ok(chosen.iter().filter_map(shown).collect())
}

/// Documents whose answer turned, and whether it turned right.
fn choose(documents: &[PairedDocument], most: usize) -> Vec<(&PairedDocument, bool)> {
    let turned = |document: &&PairedDocument, from: f64, to: f64| {
        document.old == DocumentValue::Number(from) && document.new == DocumentValue::Number(to)
    };
    let mut chosen = Vec::new();
    for (from, to, gained) in [(0.0, 1.0, true), (1.0, 0.0, false)] {
        let mut found: Vec<_> = documents.iter().filter(|d| turned(d, from, to)).collect();
        SplitMix64::new(1234).shuffle(&mut found);
        found.truncate(most);
        chosen.extend(found.into_iter().map(|document| (document, gained)));
    }
    chosen.sort_by_key(|(document, gained)| (!gained, document.new_id));
    chosen
}

fn read(
    record: &Record,
    alias: &str,
    task: &str,
    ids: &[usize],
) -> Result<HashMap<usize, DocumentRow>, RecordError> {
    let mut rows = HashMap::new();
    if ids.is_empty() {
        return Ok(rows);
    }
    record.for_each_answer(alias, task, |row| {
        if ids.contains(&row.doc_id) {
            rows.insert(row.doc_id, row);
        }
        Ok::<(), RecordError>(())
    })?;
    Ok(rows)
}

/// Characters of a prompt that are shown: its end, where the question stands.
const LONGEST_QUESTION: usize = 600;

fn question(row: &DocumentRow) -> Option<String> {
    let context = row.sample.as_ref()?.get("arguments")?.get(0)?.get(0)?.as_str()?;
    let characters = context.chars().count();
    let end: String = context.chars().skip(characters.saturating_sub(LONGEST_QUESTION)).collect();
    Some(if characters > LONGEST_QUESTION { format!("…{end}") } else { end })
}

/// What the model answered: the text that the metric saw, or the choice of highest log-likelihood.
fn answer(row: &DocumentRow, filter: &str) -> String {
    choice(row).unwrap_or_else(|| {
        let scores = row.scores.as_array().into_iter().flatten();
        let filtered =
            scores.filter(|score| score["filter"] == filter).map(|score| &score["filtered"]);
        filtered.map(first_text).next().unwrap_or_default()
    })
}

/// The chosen continuation where samples were logged, else its number from 0.
fn choice(row: &DocumentRow) -> Option<String> {
    let responses = row.responses.as_array()?;
    let log_probs: Vec<f64> = responses
        .iter()
        .map(|response| response["loglikelihood"]["log_prob"].as_f64())
        .collect::<Option<_>>()?;
    let best =
        (0..log_probs.len()).reduce(|a, b| if log_probs[b] > log_probs[a] { b } else { a })?;
    let argument = |sample: &Value| sample["arguments"][best][1].as_str().map(str::to_owned);
    let text = row.sample.as_ref().and_then(argument);
    Some(text.map_or_else(|| format!("choice {best}"), |text| text.trim().to_owned()))
}

fn first_text(value: &Value) -> String {
    match value {
        Value::Array(items) => items.first().map_or_else(String::new, first_text),
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::summary::Summary;
    use crate::testing;

    #[test]
    fn both_directions_with_both_answers() {
        let (_dir, record) = testing::filled();
        let summary = Summary::draw(&record).unwrap();
        let side = |alias| Side { summary: &summary, alias, label: alias };
        let metric = MetricName { metric: "acc".to_owned(), filter: "none".to_owned() };
        let found = |old, new, most| {
            let (old, new) = ((side(old), &record), (side(new), &record));
            flipped_documents(old, new, "heb_snli", &metric, most).unwrap()
        };
        let gained = found("base", "cpt", 5);
        assert_eq!(gained.iter().map(|f| (f.doc_id, f.gained)).collect::<Vec<_>>(), [(3, true)]);
        assert_eq!(gained[0].target, "נכון");
        assert!(!found("cpt", "base", 5)[0].gained);
        assert!(found("base", "cpt", 0).is_empty());
    }

    #[test]
    fn answers_are_texts_or_choices() {
        let mut row = testing::document("base", "heb_snli", 0);
        row.responses = json!([
            {"loglikelihood": {"log_prob": -2.0, "is_greedy": false}},
            {"loglikelihood": {"log_prob": -1.0, "is_greedy": false}}
        ]);
        assert_eq!(answer(&row, "none"), "choice 1");
        row.sample = Some(json!({"arguments": [["ctx", " no"], ["ctx", " yes"]]}));
        assert_eq!(answer(&row, "none"), "yes");
        assert_eq!(question(&row).as_deref(), Some("ctx"));
        row.responses = json!([{"generated": {"text": "raw"}}]);
        row.scores[0]["filtered"] = json!(["extracted"]);
        assert_eq!(answer(&row, "none"), "extracted");
    }
}
