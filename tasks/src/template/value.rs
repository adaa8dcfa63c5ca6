//! Between a document's JSON and the values of a template.

use minijinja::Value;
use minijinja::value::ObjectRepr;
use serde_json::{Map, Number, Value as Json};

/// A document's columns as the context of a template.
pub(super) fn context(fields: &Map<String, Json>) -> Value {
    Value::from_pairs(fields.iter().map(|(key, value)| (key.as_str(), from_json(value))))
}

fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => from_number(number),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(from_json).collect(),
        Json::Object(fields) => context(fields),
    }
}

fn from_number(number: &Number) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::from(integer);
    }
    if let Some(integer) = number.as_u64() {
        return Value::from(integer);
    }
    number.as_f64().map_or(Value::UNDEFINED, Value::from)
}

/// A template's value as JSON; what JSON cannot hold becomes its text.
pub(super) fn to_json(value: &Value) -> Json {
    if let Some(text) = value.as_str() {
        return Json::from(text);
    }
    match value.as_object().map(|object| (object, object.repr())) {
        Some((object, ObjectRepr::Map)) => Json::Object(
            keys(value)
                .map(|key| (key.to_string(), to_json(&object.get_value(&key).unwrap_or_default())))
                .collect(),
        ),
        Some((_, ObjectRepr::Seq | ObjectRepr::Iterable)) => {
            keys(value).map(|v| to_json(&v)).collect()
        }
        _ => scalar(value),
    }
}

fn keys(value: &Value) -> impl Iterator<Item = Value> {
    value.try_iter().into_iter().flatten()
}

fn scalar(value: &Value) -> Json {
    if value.is_none() {
        return Json::Null;
    }
    if let Some(integer) = value.as_i64().filter(|_| value.is_integer()) {
        return Json::from(integer);
    }
    if value.is_number() {
        return f64::try_from(value.clone()).map_or(Json::Null, Json::from);
    }
    bool::try_from(value.clone()).map_or_else(|_| Json::from(value.to_string()), Json::from)
}
