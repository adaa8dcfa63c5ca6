//! Rows as CSV and as JSON Lines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::rows::make_folder;
use super::{COLUMNS, ExportError, ExportRow, RowSink};

/// One line a row, with a header.
pub struct CsvSink {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

impl CsvSink {
    /// Begins the file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        let mut sink =
            Self { path: path.to_owned(), writer: csv::Writer::from_writer(create(path)?) };
        sink.record(&COLUMNS.map(str::to_owned))?;
        Ok(sink)
    }

    fn record(&mut self, cells: &[String]) -> Result<(), ExportError> {
        self.writer.write_record(cells).map_err(|error| ExportError::write(&self.path, error))
    }
}

impl RowSink for CsvSink {
    fn add(&mut self, row: &ExportRow<'_>) -> Result<(), ExportError> {
        self.record(&[
            row.model.to_owned(),
            row.task.to_owned(),
            row.document.to_string(),
            row.language.to_owned(),
            row.span.to_owned(),
            row.tokens.to_string(),
            row.layer.to_string(),
            row.moe_layer.to_string(),
            row.expert.to_string(),
            row.count.to_string(),
            row.score_sum.map_or_else(String::new, |sum| sum.to_string()),
        ])
    }

    fn finish(&mut self) -> Result<(), ExportError> {
        self.writer.flush().map_err(|error| ExportError::write(&self.path, error))
    }
}

/// One object a line.
pub struct JsonSink {
    path: PathBuf,
    writer: BufWriter<File>,
}

impl JsonSink {
    /// Begins the file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        Ok(Self { path: path.to_owned(), writer: create(path)? })
    }
}

impl RowSink for JsonSink {
    fn add(&mut self, row: &ExportRow<'_>) -> Result<(), ExportError> {
        let object = json!({
            "model": row.model,
            "task": row.task,
            "document": row.document,
            "language": row.language,
            "span": row.span,
            "tokens": row.tokens,
            "layer": row.layer,
            "moe_layer": row.moe_layer,
            "expert": row.expert,
            "count": row.count,
            "score_sum": row.score_sum,
        });
        writeln!(self.writer, "{object}").map_err(|error| ExportError::write(&self.path, error))
    }

    fn finish(&mut self) -> Result<(), ExportError> {
        self.writer.flush().map_err(|error| ExportError::write(&self.path, error))
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, ExportError> {
    make_folder(path)?;
    let file = File::create(path).map_err(|error| ExportError::write(path, error))?;
    Ok(BufWriter::new(file))
}
