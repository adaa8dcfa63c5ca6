//! samples_TASK.jsonl: one line a document and filter, with lm-evaluation-harness's fields as its
//! own files have them (`lm_eval/loggers/evaluation_tracker.py`): arguments by name, responses and
//! targets as Python's `str` writes them. `routing` is ours.

use std::io::Write;
use std::path::{Path, PathBuf};

use harness_metrics::routing::usage;
use serde_json::{Map, Value, json};

use super::ReportError;
use super::atomic::{Fill, write_with};
use super::names::file_name;
use crate::record::{DocumentRow, DocumentState, Record};

/// Writes the samples of a (model, task) into the model's folder; `None` when the run kept none.
pub(super) fn write_samples(
    record: &Record,
    folder: &Path,
    model: &str,
    task: &str,
) -> Result<Option<PathBuf>, ReportError> {
    if !record.manifest().run.log_samples || record.committed(model, task)?.is_empty() {
        return Ok(None);
    }
    let path = folder.join(format!("samples_{}.jsonl", file_name(task)));
    write_with(&path, |out| {
        record.for_each_document(model, task, |document| write_lines(out, &document)).map_err(
            |error| match error {
                Line::Write(error) => Fill::Write(error),
                Line::Record(error) => Fill::Other(error.into()),
            },
        )
    })
    .map(Some)
}

enum Line {
    Write(std::io::Error),
    Record(crate::record::RecordError),
}

impl From<crate::record::RecordError> for Line {
    fn from(error: crate::record::RecordError) -> Self {
        Self::Record(error)
    }
}

fn write_lines(out: &mut dyn Write, document: &DocumentRow) -> Result<(), Line> {
    for line in lines(document) {
        writeln!(out, "{line}").map_err(Line::Write)?;
    }
    Ok(())
}

/// One line a filter; an unscored document has one line without metrics.
fn lines(document: &DocumentRow) -> Vec<Value> {
    let none = json!({"filter": "none", "filtered": [], "metrics": {}});
    match document.scores.as_array().filter(|scores| !scores.is_empty()) {
        Some(scores) => scores.iter().map(|score| line(document, score)).collect(),
        None => vec![line(document, &none)],
    }
}

fn line(document: &DocumentRow, score: &Value) -> Value {
    let sample = document.sample.as_ref();
    let metrics = score["metrics"].as_object().cloned().unwrap_or_default();
    let mut line = json!({
        "doc_id": document.doc_id,
        "doc": sample.and_then(|sample| sample.get("doc")),
        "target": python_str(&document.target),
        "arguments": arguments(sample.and_then(|sample| sample.get("arguments"))),
        "resps": strings(&responses(&document.responses)),
        "filtered_resps": strings(&score["filtered"]),
        "filter": score["filter"],
        "metrics": metrics.keys().collect::<Vec<_>>(),
        "doc_hash": document.doc_hash,
        "prompt_hash": document.prompt_hash,
        "target_hash": document.target_hash,
        "routing": routing(document),
    });
    if let DocumentState::Unscored { reason } = &document.state {
        line["unscored"] = json!(reason);
    }
    if let Some(line) = line.as_object_mut() {
        // A metric may not take the place of a field.
        let new: Map<String, Value> =
            metrics.into_iter().filter(|(name, _)| !line.contains_key(name)).collect();
        line.extend(new);
    }
    line
}

/// `{"gen_args_0": {"arg_0": …, "arg_1": …}, …}`.
fn arguments(requests: Option<&Value>) -> Value {
    let named = |prefix: &str, values: &[Value], value: &dyn Fn(&Value) -> Value| -> Value {
        let entries =
            values.iter().enumerate().map(|(i, item)| (format!("{prefix}_{i}"), value(item)));
        entries.collect::<Map<_, _>>().into()
    };
    let arguments = |request: &Value| {
        named("arg", request.as_array().map_or(&[], Vec::as_slice), &Value::clone)
    };
    named("gen_args", requests.and_then(Value::as_array).map_or(&[], Vec::as_slice), &arguments)
}

/// `[request][repeat]`: (log-likelihood, is_greedy), a log-likelihood, or a text.
fn responses(responses: &Value) -> Value {
    let one = |response: &Value| {
        let Some((kind, answer)) = response.as_object().and_then(|map| map.iter().next()) else {
            return Value::Null;
        };
        match kind.as_str() {
            "loglikelihood" => json!([[answer["log_prob"], answer["is_greedy"]]]),
            "rolling" => json!([answer["log_prob"]]),
            _ => json!([answer["text"]]),
        }
    };
    responses.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().into()
}

/// Lists stay lists; everything else becomes text.
fn strings(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(strings).collect::<Vec<_>>().into(),
        other => python_str(other).into(),
    }
}

/// Python's `str` of a plain value.
fn python_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        Value::Number(number) => number
            .as_f64()
            .filter(|_| number.is_f64())
            .map_or_else(|| number.to_string(), python_float),
        other => other.to_string(),
    }
}

/// Python's `repr` of a float: digits as Rust's, an exponent of two digits below 1e-4 and from
/// 1e16.
fn python_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value:?}")
}

/// By span: tokens, and usage entropy of every MoE layer.
fn routing(document: &DocumentRow) -> Value {
    let spans = document.routing.iter().map(|(span, counts)| {
        let entropies = counts.profile().and_then(|profile| usage::entropies_bits(&profile));
        (span.name().to_owned(), json!({"tokens": counts.tokens, "usage_entropy_bits": entropies}))
    });
    spans.collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn floats_as_python_writes_them() {
        let cases = [
            (1.0, "1.0"),
            (-107.956_268_310_546_88, "-107.95626831054688"),
            (1e-5, "1e-05"),
            (2.5e16, "2.5e+16"),
            (0.0, "0.0"),
        ];
        for (value, expected) in cases {
            assert_eq!(python_float(value), expected);
        }
    }

    #[test]
    fn fields_of_a_line() {
        let mut document = testing::document("base", "heb_snli", 1);
        document.sample =
            Some(json!({"doc": {"a": 1}, "arguments": [["ctx", " no"], ["ctx", " yes"]]}));
        document.scores[0]["filtered"] = json!([[-1.5, false]]);
        let line = &lines(&document)[0];
        assert_eq!(line["arguments"]["gen_args_1"]["arg_1"], " yes");
        assert_eq!(line["resps"], json!([[["-1.5", "False"]]]));
        assert_eq!(line["filtered_resps"], json!([["-1.5", "False"]]));
        assert_eq!((&line["acc"], &line["metrics"]), (&json!(0.0), &json!(["acc"])));
        assert_eq!(line["routing"]["question"]["tokens"], 10);
    }

    #[test]
    fn unscored_documents_say_why() {
        let mut document = testing::document("base", "heb_snli", 1);
        document.scores = json!([]);
        document.state = DocumentState::Unscored { reason: "nan".to_owned() };
        let lines = lines(&document);
        assert_eq!((lines.len(), &lines[0]["unscored"]), (1, &json!("nan")));
    }
}
