//! JSON Lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{file_name, malformed, unreadable};
use crate::data::budget::{MAX_LINE, MAX_ROWS};
use crate::data::{DataError, Row};
use crate::doc::Origin;

/// One object a line. Lines end at `\n` only: U+2028 and its like stay inside
/// their strings, a `\r` before the end is white space to JSON. Empty lines
/// are skipped, a byte-order mark at the start too.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, DataError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    from_reader(BufReader::new(file), path)
}

pub(super) fn from_reader(mut reader: impl BufRead, path: &Path) -> Result<Vec<Row>, DataError> {
    let name = file_name(path);
    let (mut rows, mut line, mut number) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        let read = reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| unreadable(path, &error.to_string()))?;
        if read == 0 {
            return Ok(rows);
        }
        if read as u64 > MAX_LINE || rows.len() >= MAX_ROWS {
            return Err(too_large(path, read));
        }
        rows.extend(row(&line, &name, number)?);
    }
}

fn too_large(path: &Path, read: usize) -> DataError {
    let (what, limit) = if read as u64 > MAX_LINE {
        ("bytes of one line", MAX_LINE)
    } else {
        ("rows", MAX_ROWS as u64)
    };
    DataError::TooLarge { path: path.to_owned(), what, limit }
}

fn row(line: &[u8], name: &Arc<str>, number: usize) -> Result<Option<Row>, DataError> {
    let line = if number == 1 { without_mark(line, name)? } else { line };
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(line)
        .map_err(|error| malformed(name, number, reason(line, &error)))?;
    let Value::Object(fields) = value else {
        let reason = "the line is JSON, but not an object of columns (`{...}`)";
        return Err(malformed(name, number, reason));
    };
    Ok(Some(Row { fields, origin: Origin { file: Arc::clone(name), row: number } }))
}

/// The bytes without a UTF-8 byte-order mark.
pub(super) fn without_mark<'a>(bytes: &'a [u8], name: &Arc<str>) -> Result<&'a [u8], DataError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(malformed(name, 1, "the file is UTF-16; convert it to UTF-8"));
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// What is wrong with a line, with the byte where its UTF-8 breaks.
pub(super) fn reason(line: &[u8], error: &serde_json::Error) -> String {
    match std::str::from_utf8(line) {
        Err(utf8) => format!("not valid UTF-8 from byte {} of the line", utf8.valid_up_to() + 1),
        Ok(_) => {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            format!("not valid JSON: {text} at column {}", error.column())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Row>, String> {
        from_reader(bytes, Path::new("d.jsonl")).map_err(|error| error.to_string())
    }

    #[test]
    fn keeps_text_as_it_is() {
        let bytes = "\u{feff}{\"a\": \"x\u{2028}y\u{85}\", \"b\": 1}\r\n\n{\"a\": \"\\u0000\\ud83d\\ude00\"}".as_bytes();
        let rows = read(bytes).unwrap();
        assert_eq!(rows[0].fields["a"], json!("x\u{2028}y\u{85}"));
        assert_eq!(rows[1].fields["a"], json!("\0\u{1f600}"));
        assert_eq!((rows[0].origin.row, rows[1].origin.row), (1, 3));
    }

    #[test]
    fn names_the_line_of_what_it_cannot_read() {
        let cases: [(&[u8], &str); 6] = [
            (b"{}\n{\"a\": \"\xff\"}", "d.jsonl:2: not valid UTF-8 from byte 8 of the line"),
            (b"{}\n\n{\"a\": \"\\ud800\"}", "d.jsonl:3: not valid JSON: "),
            (b"{\"a\": 1", "d.jsonl:1: not valid JSON: EOF"),
            (b"[1]", "d.jsonl:1: the line is JSON, but not an object"),
            (b"\xff\xfea", "d.jsonl:1: the file is UTF-16"),
            (b"{\"a\": NaN}", "d.jsonl:1: not valid JSON: "),
        ];
        for (bytes, expected) in cases {
            let error = read(bytes).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(deep.as_bytes()).unwrap_err().contains("recursion limit"));
    }
}
