//! How values print: Python's `str`.

use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{Error, Output, State, Value};

use crate::python::number::float_repr;
use crate::python::repr::write_string;

/// The formatter of the environment.
///
/// # Errors
/// An undefined value cannot be printed.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::Invalid | ValueKind::String => {
            minijinja::escape_formatter(out, state, value)
        }
        _ => Ok(out.write_str(&to_str(value))?),
    }
}

/// Python's `str(value)`.
pub(super) fn to_str(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => repr(value),
    }
}

/// Python's `repr(value)`.
pub(super) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    if let Some(text) = value.as_str() {
        return write_string(text, out);
    }
    match value.as_object() {
        Some(object) if object.repr() == ObjectRepr::Map => write_dictionary(value, object, out),
        Some(object) if is_sequence(object) => write_sequence(value, out),
        _ if value.kind() == ValueKind::Number && !value.is_integer() => {
            out.push_str(
                &f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float_repr),
            );
        }
        _ => out.push_str(&value.to_string()),
    }
}

fn is_sequence(object: &minijinja::value::DynObject) -> bool {
    matches!(object.repr(), ObjectRepr::Seq | ObjectRepr::Iterable)
}

fn write_sequence(value: &Value, out: &mut String) {
    let tuple = value.is_tuple();
    out.push(if tuple { '(' } else { '[' });
    let mut items = 0;
    for item in value.try_iter().into_iter().flatten() {
        separate(items, out);
        write(&item, out);
        items += 1;
    }
    if tuple && items == 1 {
        out.push(',');
    }
    out.push(if tuple { ')' } else { ']' });
}

fn write_dictionary(value: &Value, object: &minijinja::value::DynObject, out: &mut String) {
    out.push('{');
    for (at, key) in value.try_iter().into_iter().flatten().enumerate() {
        separate(at, out);
        write(&key, out);
        out.push_str(": ");
        write(&object.get_value(&key).unwrap_or_default(), out);
    }
    out.push('}');
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}
