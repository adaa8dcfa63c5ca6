//! CSV and TSV with a header line.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{file_name, malformed, unreadable};
use crate::data::budget::MAX_ROWS;
use crate::data::{DataError, Row};
use crate::doc::Origin;

/// Rows of text; a column whose every cell is a number written as it would be
/// printed becomes numbers, and an empty cell is null.
///
/// Unlike pandas, which the hub's loader uses, no other text means null and
/// `007` stays text: nothing is read that cannot be written back.
pub(super) fn read(path: &Path, delimiter: u8) -> Result<Vec<Row>, DataError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let mut rows = from_reader(file, path, delimiter)?;
    let columns: Vec<String> =
        rows.first().map_or_else(Vec::new, |row| row.fields.keys().cloned().collect());
    for column in columns {
        type_column(&mut rows, &column);
    }
    Ok(rows)
}

fn from_reader(reader: impl Read, path: &Path, delimiter: u8) -> Result<Vec<Row>, DataError> {
    let name = file_name(path);
    let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(reader);
    let header = reader.byte_headers().map_err(|error| wrong(&error, &name))?.clone();
    let header = texts(&header, &name, 1)?;
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| wrong(&error, &name))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        if rows.len() >= MAX_ROWS {
            return Err(DataError::TooLarge {
                path: path.to_owned(),
                what: "rows",
                limit: MAX_ROWS as u64,
            });
        }
        let cells = texts(&record, &name, line)?;
        let fields = header.iter().cloned().zip(cells.into_iter().map(cell)).collect();
        rows.push(Row { fields, origin: Origin { file: Arc::clone(&name), row: line } });
    }
    Ok(rows)
}

fn wrong(error: &csv::Error, name: &Arc<str>) -> DataError {
    let line = error.position().map_or(1, |position| position.line() as usize);
    malformed(name, line, format!("not valid CSV: {error}"))
}

fn texts(record: &ByteRecord, name: &Arc<str>, line: usize) -> Result<Vec<String>, DataError> {
    let text = |cell: &[u8]| {
        let cell = cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell);
        String::from_utf8(cell.to_vec()).map_err(|_| malformed(name, line, "not valid UTF-8"))
    };
    record.iter().map(text).collect()
}

fn cell(text: String) -> Value {
    if text.is_empty() { Value::Null } else { Value::String(text) }
}

fn type_column(rows: &mut [Row], column: &str) {
    let typed: Option<Vec<Value>> =
        rows.iter().map(|row| number(row.fields.get(column).unwrap_or(&Value::Null))).collect();
    let Some(typed) = typed else { return };
    for (row, value) in rows.iter_mut().zip(typed) {
        replace(&mut row.fields, column, value);
    }
}

fn replace(fields: &mut Map<String, Value>, column: &str, value: Value) {
    if let Some(slot) = fields.get_mut(column) {
        *slot = value;
    }
}

/// The number that a cell is, if printing it gives the cell back.
fn number(value: &Value) -> Option<Value> {
    let Value::String(text) = value else { return Some(Value::Null) };
    if let Ok(integer) = text.parse::<i64>() {
        return (integer.to_string() == *text).then(|| integer.into());
    }
    let float: f64 = text.parse().ok().filter(|float: &f64| float.is_finite())?;
    (crate::python::number::float_repr(float) == *text).then(|| float.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_text(bytes: &[u8], delimiter: u8) -> Result<Vec<Value>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.csv");
        std::fs::write(&path, bytes).unwrap();
        let rows = read(&path, delimiter).map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|row| row.fields.into()).collect())
    }

    #[test]
    fn types_only_what_can_be_written_back() {
        let rows = read_text(
            "\u{feff}q,n,f,z,m\n\"a\nb, \"\"c\"\"\",1,0.5,007,\nd,2,1.5,8,x\n".as_bytes(),
            b',',
        );
        assert_eq!(
            rows.unwrap(),
            [
                json!({"q": "a\nb, \"c\"", "n": 1, "f": 0.5, "z": "007", "m": null}),
                json!({"q": "d", "n": 2, "f": 1.5, "z": "8", "m": "x"}),
            ]
        );
    }

    #[test]
    fn reads_tabs() {
        assert_eq!(read_text(b"a\tb\nx,y\t1\n", b'\t').unwrap(), [json!({"a": "x,y", "b": 1})]);
    }

    #[test]
    fn names_the_line_of_a_mistake() {
        let error = read_text(b"a,b\n1,2\n3\n", b',').unwrap_err();
        assert!(error.contains("d.csv:3: not valid CSV"), "{error}");
        let error = read_text(b"a,b\n1,2\n\xff,2\n", b',').unwrap_err();
        assert!(error.contains("d.csv:3: not valid UTF-8"), "{error}");
    }
}
