//! Methods of Python's strings that minijinja-contrib lacks, or for which
//! Rust's idea of white space, digits and case differs.

use minijinja::value::{Tuple, from_args};
use minijinja::{Error, ErrorKind, State, Value};

use super::display;
use crate::python::text::{capitalize, is_space};

/// Calls a method of a string; `None` if it is not one of ours.
pub(super) fn call(text: &str, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    let call: fn(&str, &[Value]) -> Result<Value, Error> = match method {
        "strip" => |text, args| trimmed(text, args, true, true),
        "lstrip" => |text, args| trimmed(text, args, true, false),
        "rstrip" => |text, args| trimmed(text, args, false, true),
        "split" if args.is_empty() => |text, _| Ok(words(text)),
        "splitlines" if args.is_empty() => |text, _| Ok(lines(text)),
        "isspace" => |text, _| Ok((!text.is_empty() && text.chars().all(is_space)).into()),
        "isdigit" | "isdecimal" => |text, _| Ok(all(text, |c| c.is_ascii_digit()).into()),
        "index" => |text, args| found(text.find(needle(args)?), text, args),
        "rindex" => |text, args| found(text.rfind(needle(args)?), text, args),
        "partition" => |text, args| Ok(parts(text, text.find(needle(args)?), args, true)),
        "rpartition" => |text, args| Ok(parts(text, text.rfind(needle(args)?), args, false)),
        "removeprefix" => |text, args| Ok(text.strip_prefix(needle(args)?).unwrap_or(text).into()),
        "removesuffix" => |text, args| Ok(text.strip_suffix(needle(args)?).unwrap_or(text).into()),
        "zfill" => zfill,
        "capitalize" => |text, _| Ok(capitalize(text).into()),
        _ => return None,
    };
    Some(call(text, args))
}

fn all(text: &str, holds: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(holds)
}

fn needle(args: &[Value]) -> Result<&str, Error> {
    let (needle,): (&str,) = from_args(args)?;
    Ok(needle)
}

fn trimmed(text: &str, args: &[Value], start: bool, end: bool) -> Result<Value, Error> {
    let (chars,): (Option<&str>,) = from_args(args)?;
    let drop = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let text = if start { text.trim_start_matches(drop) } else { text };
    Ok(if end { text.trim_end_matches(drop) } else { text }.into())
}

fn words(text: &str) -> Value {
    text.split(is_space).filter(|word| !word.is_empty()).map(Value::from).collect()
}

/// `str.splitlines`, whose line ends are more than `\n`.
fn lines(text: &str) -> Value {
    const ENDS: [char; 10] = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
        '\u{2029}',
    ];
    let text = text.replace("\r\n", "\n");
    let text = text.strip_suffix(ENDS).map_or(text.as_str(), |rest| rest);
    if text.is_empty() {
        Value::from(Vec::<Value>::new())
    } else {
        text.split(ENDS).map(Value::from).collect()
    }
}

fn found(at: Option<usize>, text: &str, args: &[Value]) -> Result<Value, Error> {
    let at = at.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("substring {:?} not found", args[0].to_string()),
        )
    })?;
    Ok(text[..at].chars().count().into())
}

fn parts(text: &str, at: Option<usize>, args: &[Value], first: bool) -> Value {
    let length = args[0].as_str().map_or(0, str::len);
    let parts = match at {
        Some(at) => [&text[..at], &text[at..at + length], &text[at + length..]],
        None if first => [text, "", ""],
        None => ["", "", text],
    };
    Value::from(Tuple::from(parts.map(Value::from)))
}

fn zfill(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (width,): (usize,) = from_args(args)?;
    let missing = width.min(1 << 16).saturating_sub(text.chars().count());
    let sign = text.len() - text.trim_start_matches(['+', '-']).len();
    let sign = sign.min(1);
    Ok(format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]).into())
}

/// `str.join`, of anything that can be printed.
pub(super) fn join(state: &State, text: &str, args: &[Value]) -> Result<Value, Error> {
    let (values,): (&Value,) = from_args(args)?;
    let items: Vec<String> =
        values.try_iter()?.map(|item| display::to_str(state, &item)).collect::<Result<_, _>>()?;
    Ok(items.join(text).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::template::Templates;

    #[test]
    fn matches_cpython() {
        let cases = [
            (
                "{{ ' \u{1c}a '.strip() }}|{{ 'xax'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}",
                "a|a|a | a",
            ),
            ("{{ ' a\u{3000}b '.split() }}", "['a', 'b']"),
            ("{{ 'a\\r\\nb\u{2028}c\\n'.splitlines() }}", "['a', 'b', 'c']"),
            ("{{ 'שלום'.index('ום') }} {{ 'abab'.rindex('b') }}", "2 3"),
            (
                "{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'a'.partition('=') }}",
                "('a', '=', 'b=c') ('a=b', '=', 'c') ('a', '', '')",
            ),
            ("{{ '-7'.zfill(4) }} {{ '42'.zfill(1) }}", "-007 42"),
            ("{{ 'hELLO wORLD'.capitalize() }}", "Hello world"),
            ("{{ 'abc'.removeprefix('a').removesuffix('c') }}", "b"),
            (
                "{{ '12'.isdigit() }} {{ ''.isdigit() }} {{ '\u{3000}'.isspace() }}",
                "True False True",
            ),
            ("{{ ', '.join([1, 'b']) }} {{ ['x', 'y'].index('y') }}", "1, b 1"),
            (
                "{{ 'a,b'.split(',') }} {{ 'Ab'.lower() }} {{ 'aba'.replace('a', 'c') }} {{ 'ab'.startswith('a') }}",
                "['a', 'b'] ab cbc True",
            ),
        ];
        for (source, expected) in cases {
            let mut templates = Templates::new();
            templates.add("t", source).expect("compiles");
            let doc = json!({});
            let text = templates.render("t", doc.as_object().expect("an object"));
            assert_eq!(text.as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_not_found_is_an_error() {
        for source in [
            "{{ 'a'.index('b') }}",
            "{{ [1].index(2) }}",
            "{{ 'a'.index() }}",
            "{{ 'a'.nosuch() }}",
        ] {
            let mut templates = Templates::new();
            templates.add("t", source).expect("compiles");
            let doc = json!({});
            assert!(
                templates.render("t", doc.as_object().expect("an object")).is_err(),
                "{source}"
            );
        }
    }
}
