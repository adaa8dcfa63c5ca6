//! Rows as Parquet.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::rows::make_folder;
use super::{ExportError, ExportRow, RowSink};

/// Rows that are held in memory and written together.
const GROUP: usize = 1 << 18;

const SCHEMA: &str = "
    message routing {
        REQUIRED BYTE_ARRAY model (UTF8);
        REQUIRED BYTE_ARRAY task (UTF8);
        REQUIRED INT64 document;
        REQUIRED BYTE_ARRAY language (UTF8);
        REQUIRED BYTE_ARRAY span (UTF8);
        REQUIRED INT64 tokens;
        REQUIRED INT32 layer;
        REQUIRED INT32 moe_layer;
        REQUIRED INT32 expert;
        REQUIRED INT64 count;
        OPTIONAL DOUBLE score_sum;
    }
";

/// One row group a quarter million rows, zstd.
pub struct ParquetSink {
    path: PathBuf,
    writer: Option<SerializedFileWriter<File>>,
    columns: Columns,
}

#[derive(Default)]
struct Columns {
    texts: [Vec<ByteArray>; 4],
    document: Vec<i64>,
    tokens: Vec<i64>,
    layer: Vec<i32>,
    moe_layer: Vec<i32>,
    expert: Vec<i32>,
    count: Vec<i64>,
    score_sum: Vec<f64>,
    /// 1 where there is a score, 0 where there is none.
    has_score: Vec<i16>,
}

impl ParquetSink {
    /// Begins the file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        make_folder(path)?;
        let file = File::create(path).map_err(|error| ExportError::write(path, error))?;
        let failed = |error| ExportError::write(path, error);
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
        let compression = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let writer =
            SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Self { path: path.to_owned(), writer: Some(writer), columns: Columns::default() })
    }

    fn write_group(&mut self) -> Result<(), ExportError> {
        let columns = std::mem::take(&mut self.columns);
        let Some(writer) = self.writer.as_mut().filter(|_| !columns.count.is_empty()) else {
            return Ok(());
        };
        let mut write = || -> Result<(), ParquetError> {
            let mut group = writer.next_row_group()?;
            columns.write(&mut group)?;
            group.close().map(drop)
        };
        write().map_err(|error| ExportError::write(&self.path, error))
    }
}

impl RowSink for ParquetSink {
    fn add(&mut self, row: &ExportRow<'_>) -> Result<(), ExportError> {
        self.columns.add(row);
        if self.columns.count.len() < GROUP { Ok(()) } else { self.write_group() }
    }

    fn finish(&mut self) -> Result<(), ExportError> {
        self.write_group()?;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        writer.close().map(drop).map_err(|error| ExportError::write(&self.path, error))
    }
}

impl Columns {
    fn add(&mut self, row: &ExportRow<'_>) {
        let texts = [row.model, row.task, row.language, row.span];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            // Equal neighbours share their bytes: most rows name the same model and task.
            let same = column.last().filter(|last| last.data() == text.as_bytes()).cloned();
            column.push(same.unwrap_or_else(|| ByteArray::from(text)));
        }
        self.document.push(row.document as i64);
        self.tokens.push(row.tokens as i64);
        self.layer.push(row.layer as i32);
        self.moe_layer.push(row.moe_layer as i32);
        self.expert.push(row.expert as i32);
        self.count.push(row.count as i64);
        self.score_sum.extend(row.score_sum);
        self.has_score.push(i16::from(row.score_sum.is_some()));
    }

    /// In the order of the schema.
    fn write(&self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<(), ParquetError> {
        let [model, task, language, span] = &self.texts;
        column::<ByteArrayType>(group, model, None)?;
        column::<ByteArrayType>(group, task, None)?;
        column::<Int64Type>(group, &self.document, None)?;
        column::<ByteArrayType>(group, language, None)?;
        column::<ByteArrayType>(group, span, None)?;
        column::<Int64Type>(group, &self.tokens, None)?;
        column::<Int32Type>(group, &self.layer, None)?;
        column::<Int32Type>(group, &self.moe_layer, None)?;
        column::<Int32Type>(group, &self.expert, None)?;
        column::<Int64Type>(group, &self.count, None)?;
        column::<DoubleType>(group, &self.score_sum, Some(&self.has_score))
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns".to_owned()));
    };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
