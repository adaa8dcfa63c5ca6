//! Between a document's JSON and the values of a template.

use minijinja::value::ObjectRepr;
use minijinja::{Error, State, Value};
use serde_json::{Map, Number, Value as Json};

use super::display::enter;

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
pub(super) fn to_json(state: &State, value: &Value, depth: usize) -> Result<Json, Error> {
    enter(state, value, depth)?;
    if let Some(text) = value.as_str() {
        return Ok(Json::from(text));
    }
    let inner = |value: &Value| to_json(state, value, depth + 1);
    match value.as_object().map(|object| (object, object.repr())) {
        Some((object, ObjectRepr::Map)) => keys(value)
            .map(|key| Ok((key.to_string(), inner(&object.get_value(&key).unwrap_or_default())?)))
            .collect::<Result<_, _>>()
            .map(Json::Object),
        Some((_, ObjectRepr::Seq | ObjectRepr::Iterable)) => {
            keys(value).map(|value| inner(&value)).collect()
        }
        _ => Ok(scalar(value)),
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
