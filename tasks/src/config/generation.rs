//! `generation_kwargs` and their defaults.

use serde_json::{Map, Value};

use super::yaml::{NodeValue, Section};
use super::{OutputType, Problem};

/// Reads `generation_kwargs`, with what lm-evaluation-harness adds: without
/// `until`, the few-shot delimiter ends an answer; without any, decoding is
/// greedy for 256 tokens (`config/task.py`, `defaults.py`).
pub(super) fn take(
    section: &mut Section,
    output_type: OutputType,
    delimiter: &str,
) -> Option<Map<String, Value>> {
    let generates = output_type == OutputType::GenerateUntil;
    let Some(node) = section.take("generation_kwargs") else {
        return generates.then(|| defaults(delimiter));
    };
    let at = node.at.clone();
    let NodeValue::Map(_) = &node.value else {
        let key = "generation_kwargs".to_owned();
        let problem = Problem::WrongType { key, expected: "a mapping", found: node.kind() };
        section.fail(at, problem);
        return None;
    };
    let Value::Object(mut kwargs) = node.to_json() else { return None };
    if let Some(temperature) = kwargs.get("temperature").and_then(Value::as_f64) {
        kwargs.insert("temperature".into(), temperature.into());
    }
    if !kwargs.contains_key("until") {
        kwargs.insert("until".into(), vec![delimiter].into());
    }
    if !is_until(&kwargs["until"]) {
        let advice =
            "write a string or a list of strings; quote `:` and words like `no`".to_owned();
        section.fail(at, Problem::Value { key: "generation_kwargs.until".into(), advice });
    }
    Some(kwargs)
}

fn defaults(delimiter: &str) -> Map<String, Value> {
    let mut kwargs = Map::new();
    kwargs.insert("temperature".into(), 0.0.into());
    kwargs.insert("do_sample".into(), false.into());
    kwargs.insert("max_gen_toks".into(), 256.into());
    kwargs.insert("until".into(), vec![delimiter].into());
    kwargs
}

fn is_until(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Null => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        _ => false,
    }
}
