//! `str` and `repr` of Python values.

use serde_json::{Number, Value};

use super::number::float_repr;

/// Python's `str(value)`: a string is itself, everything else its `repr`.
#[must_use]
pub fn to_str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// Python's `repr(value)`.
#[must_use]
pub fn repr(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// Python's `repr` of a number.
#[must_use]
pub fn number(value: &Number) -> String {
    match value.as_f64() {
        Some(float) if value.is_f64() => float_repr(float),
        _ => value.to_string(),
    }
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(n) => out.push_str(&number(n)),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_list(items, out),
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, item)) in fields.iter().enumerate() {
                separate(at, out);
                write_string(key, out);
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn write_list(items: &[Value], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        separate(at, out);
        write(item, out);
    }
    out.push(']');
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}

/// Appends Python's `repr` of a string: single quotes unless only those
/// occur, and escapes for what `str.isprintable` refuses.
pub fn write_string(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        write_char(c, quote, out);
    }
    out.push(quote);
}

fn write_char(c: char, quote: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        c if c == quote => out.extend(['\\', c]),
        c if is_printable(c) => out.push(c),
        c => out.push_str(&escaped(u32::from(c))),
    }
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// `str.isprintable` of one character: no control, format, surrogate,
/// private, unassigned or separator character other than the space.
///
/// The standard library keeps the same table for `escape_debug`, which
/// leaves a printable character alone wherever it is not the first.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let mut pair = String::from("a");
    pair.push(c);
    pair.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn matches_cpython() {
        let value = json!({"a": [null, true, false, 1, -2, 0.5, 1e20], "b'": "x\"y'z"});
        assert_eq!(
            repr(&value),
            r#"{'a': [None, True, False, 1, -2, 0.5, 1e+20], "b'": 'x"y\'z'}"#
        );
        assert_eq!(repr(&json!("it's")), r#""it's""#);
    }

    #[test]
    fn escapes_what_is_not_printable() {
        let text = json!("ש\u{3000}\u{a0}\u{200f}\u{1f600}\u{e000}\u{0}\u{7f}\u{301}é");
        assert_eq!(repr(&text), "'ש\\u3000\\xa0\\u200f\u{1f600}\\ue000\\x00\\x7f\u{301}é'");
    }

    #[test]
    fn str_of_a_string_is_itself() {
        assert_eq!(to_str(&json!("None")), "None");
        assert_eq!(to_str(&json!(null)), "None");
        assert_eq!(to_str(&json!(["x"])), "['x']");
    }
}
