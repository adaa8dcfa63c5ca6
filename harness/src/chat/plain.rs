//! What templates see as values, turned into text as Python would.

use harness_tasks::python::json::{Style, dumps};
use harness_tasks::python::repr::{to_str, write_string};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Output, State, Value};
use serde_json::{Map, Number, Value as Json};

/// Deeper than any message or tool description; values can contain themselves.
const DEEPEST: usize = 64;

/// Prints a value: Python's `str`.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::Invalid | ValueKind::String => {
            minijinja::escape_formatter(out, state, value)
        }
        _ => Ok(out.write_str(&text(state, value)?)?),
    }
}

/// Python's `str(value)`.
pub(super) fn text(state: &State, value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    write(state, value, 0, &mut out)?;
    Ok(out)
}

/// Python's `repr(value)`.
fn write(state: &State, value: &Value, depth: usize, out: &mut String) -> Result<(), Error> {
    enter(state, value, depth)?;
    match value.kind() {
        ValueKind::Map => write_dictionary(state, value, depth, out)?,
        ValueKind::Seq | ValueKind::Iterable => write_sequence(state, value, depth, out)?,
        ValueKind::String => write_string(value.as_str().unwrap_or_default(), out),
        _ => out.push_str(&to_str(&plain(state, value, depth)?)),
    }
    Ok(())
}

fn write_sequence(
    state: &State,
    value: &Value,
    depth: usize,
    out: &mut String,
) -> Result<(), Error> {
    let tuple = value.is_tuple();
    out.push(if tuple { '(' } else { '[' });
    let mut items = 0;
    for item in value.try_iter()? {
        out.push_str(if items > 0 { ", " } else { "" });
        write(state, &item, depth + 1, out)?;
        items += 1;
    }
    out.push_str(match (tuple, items) {
        (true, 1) => ",)",
        (true, _) => ")",
        (false, _) => "]",
    });
    Ok(())
}

fn write_dictionary(
    state: &State,
    value: &Value,
    depth: usize,
    out: &mut String,
) -> Result<(), Error> {
    out.push('{');
    for (at, key) in value.try_iter()?.enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write(state, &key, depth + 1, out)?;
        out.push_str(": ");
        write(state, &value.get_item(&key)?, depth + 1, out)?;
    }
    out.push('}');
    Ok(())
}

/// The `string` filter.
pub(super) fn string(state: &State, value: &Value) -> Result<String, Error> {
    text(state, value)
}

/// The `join` filter of Jinja: everything is turned into text first.
pub(super) fn join(
    state: &State,
    values: &Value,
    separator: Option<&str>,
    attribute: Option<&str>,
) -> Result<String, Error> {
    let mut joined = String::new();
    for (at, value) in values.try_iter()?.enumerate() {
        let value = match attribute {
            Some(attribute) => value.get_attr(attribute)?,
            None => value,
        };
        let piece = text(state, &value)?;
        let between = separator.filter(|_| at > 0).unwrap_or_default();
        charge(state, piece.len() + between.len())?;
        joined.push_str(between);
        joined.push_str(&piece);
    }
    Ok(joined)
}

/// transformers' `tojson`: `json.dumps` with `ensure_ascii=False` and nothing escaped for HTML.
#[expect(clippy::needless_pass_by_value, reason = "minijinja hands keyword arguments over")]
pub(super) fn tojson(state: &State, value: &Value, options: Kwargs) -> Result<String, Error> {
    let style = Style {
        indent: options.get("indent")?,
        ensure_ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false),
        sort_keys: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
    };
    options.assert_all_used()?;
    Ok(dumps(&plain(state, value, 0)?, style))
}

/// Pays for so many bytes of work.
pub(super) fn charge(state: &State, bytes: usize) -> Result<(), Error> {
    state.consume_fuel(1 + bytes as u64 / 64)
}

/// Pays for one value, and refuses to go deeper than any sensible one.
fn enter(state: &State, value: &Value, depth: usize) -> Result<(), Error> {
    charge(state, value.as_str().map_or(0, str::len))?;
    if depth > DEEPEST {
        let detail = format!("a value is nested more than {DEEPEST} levels deep");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    Ok(())
}

/// A value as JSON.
fn plain(state: &State, value: &Value, depth: usize) -> Result<Json, Error> {
    enter(state, value, depth)?;
    match value.kind() {
        ValueKind::Map => map(state, value, depth),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.map(|item| plain(state, &item, depth + 1));
            items.collect()
        }
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => Ok(number(value)),
        ValueKind::Undefined | ValueKind::None => Ok(Json::Null),
        _ => Ok(Json::String(value.as_str().map_or_else(|| "<object>".to_owned(), str::to_owned))),
    }
}

fn map(state: &State, value: &Value, depth: usize) -> Result<Json, Error> {
    let mut fields = Map::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        fields.insert(text(state, &key)?, plain(state, &item, depth + 1)?);
    }
    Ok(Json::Object(fields))
}

fn number(value: &Value) -> Json {
    let integer = value.is_integer().then(|| i64::try_from(value.clone()).ok()).flatten();
    let float = || f64::try_from(value.clone()).ok().and_then(Number::from_f64);
    integer.map(Number::from).or_else(float).map_or(Json::Null, Json::Number)
}
