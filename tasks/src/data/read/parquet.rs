//! Parquet, by its row interface.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row as ParquetRow};
use serde_json::{Map, Value};

use super::{file_name, malformed, unreadable};
use crate::data::budget::{MAX_BYTES, MAX_ROWS};
use crate::data::{DataError, Row};
use crate::doc::Origin;

/// The most columns of a file.
const MAX_COLUMNS: usize = 4096;

/// Rows of a Parquet file, numbered from 1.
///
/// What the file says about its size is checked before anything is decoded,
/// and what the decoder makes of a damaged file, a panic included, is an
/// error.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, DataError> {
    catch_unwind(AssertUnwindSafe(|| decode(path))).unwrap_or_else(|_| {
        Err(malformed(&file_name(path), 0, "not valid Parquet: the decoder gave up on it"))
    })
}

fn decode(path: &Path) -> Result<Vec<Row>, DataError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let name = file_name(path);
    let wrong = |row, error: parquet::errors::ParquetError| {
        malformed(&name, row, format!("not valid Parquet: {error}"))
    };
    let reader = SerializedFileReader::new(file).map_err(|error| wrong(0, error))?;
    check_size(reader.metadata(), path)?;
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None).map_err(|error| wrong(0, error))? {
        let number = rows.len() + 1;
        let row = row.map_err(|error| wrong(number, error))?;
        let fields = object(row).map_err(|reason| malformed(&name, number, reason))?;
        rows.push(Row { fields, origin: Origin { file: Arc::clone(&name), row: number } });
    }
    Ok(rows)
}

fn check_size(metadata: &ParquetMetaData, path: &Path) -> Result<(), DataError> {
    let too_large = |what, limit| Err(DataError::TooLarge { path: path.to_owned(), what, limit });
    let rows = metadata.file_metadata().num_rows();
    if usize::try_from(rows).is_ok_and(|rows| rows > MAX_ROWS) {
        return too_large("rows", MAX_ROWS as u64);
    }
    let bytes = metadata.row_groups().iter().fold(0_u64, |sum, group| {
        sum.saturating_add(u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))
    });
    if bytes > MAX_BYTES {
        return too_large("decompressed bytes", MAX_BYTES);
    }
    if metadata.file_metadata().schema_descr().num_columns() > MAX_COLUMNS {
        return too_large("columns", MAX_COLUMNS as u64);
    }
    Ok(())
}

fn object(row: ParquetRow) -> Result<Map<String, Value>, String> {
    row.into_columns().into_iter().map(|(name, field)| Ok((name, value(field)?))).collect()
}

fn value(field: Field) -> Result<Value, String> {
    match field {
        Field::Group(row) => object(row).map(Value::Object),
        Field::ListInternal(list) => list.elements().iter().cloned().map(value).collect(),
        Field::MapInternal(map) => map
            .entries()
            .iter()
            .map(|(key, item)| Ok((key_text(key), value(item.clone())?)))
            .collect::<Result<Map<_, _>, String>>()
            .map(Value::Object),
        Field::Bytes(bytes) => String::from_utf8(bytes.data().to_vec())
            .map(Value::String)
            .map_err(|_| "a column holds bytes that are not UTF-8 text".to_owned()),
        Field::Float(number) => finite(f64::from(number)),
        Field::Double(number) => finite(number),
        other => Ok(other.to_json_value()),
    }
}

fn finite(number: f64) -> Result<Value, String> {
    serde_json::Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| format!("a column holds {number}, which is not a number"))
}

fn key_text(key: &Field) -> String {
    match key {
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "message m { required binary question (UTF8); optional int64 label; \
        required group choices (LIST) { repeated group list { optional binary element (UTF8); } } }";

    fn write(path: &Path, question: &[u8]) {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let properties = Arc::new(WriterProperties::default());
        let mut writer =
            SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let text = |bytes: &[u8]| ByteArray::from(bytes.to_vec());
        let mut column = group.next_column().unwrap().unwrap();
        let questions = [text(question), text("二".as_bytes())];
        column.typed::<ByteArrayType>().write_batch(&questions, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[7], Some(&[1, 0]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let choices = [text(b"a"), text(b"b"), text(b"c")];
        column
            .typed::<ByteArrayType>()
            .write_batch(&choices, Some(&[2, 2, 2]), Some(&[0, 1, 0]))
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
    }

    fn read_after(change: impl FnOnce(&mut Vec<u8>), question: &[u8]) -> Result<Vec<Row>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.parquet");
        write(&path, question);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_text_numbers_nulls_and_lists() {
        let rows = read_after(|_| (), "一".as_bytes()).unwrap();
        let fields: Vec<_> = rows.iter().map(|row| Value::Object(row.fields.clone())).collect();
        assert_eq!(
            fields,
            [
                json!({"question": "一", "label": 7, "choices": ["a", "b"]}),
                json!({"question": "二", "label": null, "choices": ["c"]}),
            ]
        );
        assert_eq!(rows[1].origin.row, 2);
    }

    #[test]
    fn damage_is_an_error_never_a_panic() {
        assert!(read_after(|bytes| bytes.truncate(bytes.len() / 2), b"x").is_err());
        assert!(read_after(|bytes| bytes.clear(), b"x").is_err());
        assert!(read_after(|_| (), b"\xff\xfe").is_err());
        for at in (0..400).step_by(3) {
            let _ = read_after(
                |bytes| {
                    let length = bytes.len();
                    bytes[at % length] ^= 0xff;
                },
                b"x",
            );
        }
    }
}
