//! JSON as Python writes it.

use std::path::Path;

use serde_json::Value;

use crate::Problem;

/// No configuration or index is larger; a file that claims to be is not read.
const LARGEST: u64 = 64 << 20;

/// Reads `dir/file`, with Python's `NaN` and `Infinity` taken as null.
pub(crate) fn read_json(dir: &Path, file: &str) -> Result<Value, Problem> {
    let unreadable = |reason: String| Problem::Read { file: file.into(), reason };
    let path = dir.join(file);
    let size = std::fs::metadata(&path).map_err(|e| unreadable(e.to_string()))?.len();
    if size > LARGEST {
        return Err(unreadable(format!("{size} bytes are too many for a JSON file")));
    }
    let mut bytes = std::fs::read(&path).map_err(|e| unreadable(e.to_string()))?;
    parse_json(file, &mut bytes)
}

/// The JSON in `bytes`, which are those of a file of this name.
pub(crate) fn parse_json(file: &str, bytes: &mut [u8]) -> Result<Value, Problem> {
    blank_non_finite(bytes);
    serde_json::from_slice(bytes).map_err(|error| Problem::Json {
        file: file.into(),
        line: error.line(),
        column: error.column(),
        reason: reason(&error),
    })
}

/// serde_json's words without the position, which is told apart.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// Overwrites `NaN`, `Infinity` and `-Infinity` outside strings by `null`, padded so that
/// positions in error messages stay right.
fn blank_non_finite(bytes: &mut [u8]) {
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            _ => at += blank_at(&mut bytes[at..]),
        }
        at += 1;
    }
}

/// Blanks a word at the start; returns how many further bytes it had.
fn blank_at(bytes: &mut [u8]) -> usize {
    for word in [&b"-Infinity"[..], b"Infinity", b"NaN"] {
        if bytes.starts_with(word) {
            bytes[..word.len()].fill(b' ');
            let null = &b"null"[..];
            // `NaN` is shorter than `null`; 0 is as good, since no key that holds it is read.
            let replacement = if word.len() < null.len() { &b"0"[..] } else { null };
            bytes[..replacement.len()].copy_from_slice(replacement);
            return word.len() - 1;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_numbers_are_blanked_outside_strings_only() {
        let mut text =
            br#"{"a": [0.0, Infinity], "b": -Infinity, "c": NaN, "d": "NaN \" Infinity"}"#.to_vec();
        let length = text.len();
        blank_non_finite(&mut text);
        assert_eq!(text.len(), length);
        let value: Value = serde_json::from_slice(&text).unwrap();
        assert!(value["a"][1].is_null() && value["b"].is_null());
        assert_eq!(value["d"], "NaN \" Infinity");
    }
}
