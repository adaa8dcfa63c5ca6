//! How values print: Python's `str`.

use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, Output, State, Value};

use crate::python::number::float_repr;
use crate::python::repr::write_string;

/// Deeper than any document: JSON is read to 128 levels.
const DEEPEST: usize = 160;

/// The formatter of the environment.
///
/// # Errors
/// An undefined value cannot be printed, nor one that is nested without end.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::Invalid | ValueKind::String => {
            minijinja::escape_formatter(out, state, value)
        }
        _ => Ok(out.write_str(&to_str(state, value)?)?),
    }
}

/// Python's `str(value)`.
pub(super) fn to_str(state: &State, value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => {
            let mut out = String::new();
            write(state, value, 0, &mut out)?;
            Ok(out)
        }
    }
}

/// Pays for one value: small ones that share parts can be large in print.
pub(super) fn enter(state: &State, value: &Value, depth: usize) -> Result<(), Error> {
    state.consume_fuel(1 + value.as_str().map_or(0, str::len) as u64 / 64)?;
    if depth > DEEPEST {
        let detail = format!("a value is nested more than {DEEPEST} levels deep");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    Ok(())
}

/// Python's `repr(value)`.
fn write(state: &State, value: &Value, depth: usize, out: &mut String) -> Result<(), Error> {
    enter(state, value, depth)?;
    if let Some(text) = value.as_str() {
        write_string(text, out);
        return Ok(());
    }
    match value.as_object() {
        Some(object) if object.repr() == ObjectRepr::Map => {
            return write_dictionary(state, value, depth, out);
        }
        Some(object) if is_sequence(object) => return write_sequence(state, value, depth, out),
        _ if value.kind() == ValueKind::Number && !value.is_integer() => {
            out.push_str(
                &f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float_repr),
            );
        }
        _ => out.push_str(&value.to_string()),
    }
    Ok(())
}

fn is_sequence(object: &minijinja::value::DynObject) -> bool {
    matches!(object.repr(), ObjectRepr::Seq | ObjectRepr::Iterable)
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
        separate(items, out);
        write(state, &item, depth + 1, out)?;
        items += 1;
    }
    if tuple && items == 1 {
        out.push(',');
    }
    out.push(if tuple { ')' } else { ']' });
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
        separate(at, out);
        write(state, &key, depth + 1, out)?;
        out.push_str(": ");
        write(state, &value.get_item(&key)?, depth + 1, out)?;
    }
    out.push('}');
    Ok(())
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}
