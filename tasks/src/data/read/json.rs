//! A JSON array of rows.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{file_name, jsonl, malformed, unreadable};
use crate::data::{DataError, Row};
use crate::doc::Origin;

/// An array of objects; a file that does not begin with `[` is read as JSON
/// Lines, as the hub's own loader does.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, DataError> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let name = file_name(path);
    let content = jsonl::without_mark(&bytes, &name)?;
    if content.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return jsonl::from_reader(content, path);
    }
    let rows: Vec<Map<String, Value>> = serde_json::from_slice(content)
        .map_err(|error| malformed(&name, error.line(), reason(content, &error)))?;
    let rows = rows.into_iter().enumerate();
    Ok(rows
        .map(|(at, fields)| Row { fields, origin: Origin { file: Arc::clone(&name), row: at + 1 } })
        .collect())
}

fn reason(content: &[u8], error: &serde_json::Error) -> String {
    let line = content.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1));
    jsonl::reason(line.unwrap_or_default(), error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_text(text: &str) -> Result<Vec<Row>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.json");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_arrays_and_lines() {
        let rows = read_text("\u{feff} [\n {\"a\": 1},\n {\"a\": 2}]").unwrap();
        assert_eq!((rows[1].fields["a"].clone(), rows[1].origin.row), (json!(2), 2));
        assert_eq!(read_text("{\"a\": 1}\n{\"a\": 2}\n").unwrap().len(), 2);
    }

    #[test]
    fn names_the_line_of_a_mistake() {
        let error = read_text("[\n {\"a\": 1},\n {\"a\": }]").unwrap_err();
        assert!(error.contains("d.json:3: not valid JSON"), "{error}");
        assert!(read_text("[1]").is_err());
    }
}
