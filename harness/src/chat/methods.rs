//! Python's methods of texts and containers.

use harness_tasks::python::text::is_space;
use minijinja::value::{Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value};

use super::plain::{charge, join};

/// Methods that minijinja's Python compatibility lacks, or that could outgrow the limits there.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match value.as_str().map(|text| of_text(state, text, method, args)) {
        Some(Err(error)) if error.kind() == ErrorKind::UnknownMethod => {}
        Some(result) => return result,
        None => {}
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}

fn of_text(state: &State, text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "strip" => strip(text, args, true, true),
        "lstrip" => strip(text, args, true, false),
        "rstrip" => strip(text, args, false, true),
        "replace" => replace(state, text, args),
        "join" => {
            let (values,): (&Value,) = from_args(args)?;
            join(state, values, Some(text), None).map(Value::from)
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        "partition" => partition(text, args, |a, b| a.split_once(b), |text| [text, "", ""]),
        "rpartition" => partition(text, args, |a, b| a.rsplit_once(b), |text| ["", "", text]),
        "index" => {
            let (what,): (&str,) = from_args(args)?;
            let at = text.find(what).ok_or_else(|| failed("substring not found"))?;
            Ok(Value::from(text[..at].chars().count()))
        }
        // A width in the format can ask for any amount of padding.
        "format" => Err(failed("str.format is not available; use ~ or +")),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

/// `str.strip`: Python's white space, or the characters given.
fn strip(text: &str, args: &[Value], left: bool, right: bool) -> Result<Value, Error> {
    let (characters,): (Option<&str>,) = from_args(args)?;
    let goes = |c: char| characters.map_or_else(|| is_space(c), |all| all.contains(c));
    let text = if left { text.trim_start_matches(goes) } else { text };
    Ok(Value::from(if right { text.trim_end_matches(goes) } else { text }))
}

/// `str.replace`, paid for before it is done: each replacement may be long.
fn replace(state: &State, text: &str, args: &[Value]) -> Result<Value, Error> {
    let (old, new, count): (&str, &str, Option<i64>) = from_args(args)?;
    let times = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let times = times.min(text.matches(old).count());
    charge(state, text.len().saturating_add(times.saturating_mul(new.len())))?;
    Ok(Value::from(text.replacen(old, new, times)))
}

type Split = for<'a> fn(&'a str, &str) -> Option<(&'a str, &'a str)>;

fn partition(
    text: &str,
    args: &[Value],
    split: Split,
    whole: fn(&str) -> [&str; 3],
) -> Result<Value, Error> {
    let (separator,): (&str,) = from_args(args)?;
    let parts = match split(text, separator) {
        Some((before, after)) => [before, separator, after],
        None => whole(text),
    };
    Ok(Value::from(Tuple::from(parts.map(Value::from))))
}

fn failed(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}
