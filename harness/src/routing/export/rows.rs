//! Every count of a record, one a row.

use std::path::Path;

use harness_reports::record::{DocumentRow, Record};

use super::ExportError;

/// Columns of the rows, in order.
///
/// | column | type | holds |
/// |---|---|---|
/// | `model` | text | alias of the model |
/// | `task` | text | name of the task |
/// | `document` | integer | position of the document in the task |
/// | `language` | text | BCP-47 tag of the span's text; `und` if unknown |
/// | `span` | text | `context`, `question`, `continuation_gold`, `continuation_other`, `generated` |
/// | `tokens` | integer | tokens of the span that were counted |
/// | `layer` | integer | number of the layer among all layers |
/// | `moe_layer` | integer | number among the MoE layers, from 0 |
/// | `expert` | integer | number of the expert, from 0; shared experts are not numbered |
/// | `count` | integer | how often it was among a token's top-k |
/// | `score_sum` | number | sum of raw router scores; empty where it was not kept (tasks) or not seen (ids only) |
///
/// Rows with neither count nor score are left out: an absent row is a count of 0.
pub const COLUMNS: [&str; 11] = [
    "model",
    "task",
    "document",
    "language",
    "span",
    "tokens",
    "layer",
    "moe_layer",
    "expert",
    "count",
    "score_sum",
];

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportRow<'a> {
    /// Alias of the model.
    pub model: &'a str,
    /// Name of the task.
    pub task: &'a str,
    /// Position of the document in the task.
    pub document: usize,
    /// Language of the span.
    pub language: &'a str,
    /// Name of the span.
    pub span: &'static str,
    /// Tokens counted.
    pub tokens: u64,
    /// Number among all layers.
    pub layer: usize,
    /// Number among the MoE layers.
    pub moe_layer: usize,
    /// Number of the expert.
    pub expert: usize,
    /// Selections.
    pub count: u64,
    /// Sum of raw scores.
    pub score_sum: Option<f64>,
}

/// Where rows go.
pub trait RowSink {
    /// Takes a row.
    ///
    /// # Errors
    /// When it cannot be written.
    fn add(&mut self, row: &ExportRow<'_>) -> Result<(), ExportError>;
    /// Called once after the last row.
    ///
    /// # Errors
    /// When the file cannot be completed.
    fn finish(&mut self) -> Result<(), ExportError>;
}

/// Sends every row of a record to `sink`, a document at a time; returns how many.
///
/// # Errors
/// When the record is damaged, holds no routing, or the sink fails.
pub fn write_rows(record: &Record, sink: &mut dyn RowSink) -> Result<u64, ExportError> {
    let manifest = record.manifest();
    let mut rows = 0;
    for (model, info) in &manifest.models {
        let Some(router) = &info.router else { continue };
        for (task, task_info) in &manifest.tasks {
            let language = |span: &str| match span {
                "context" | "question" => task_info.language.question.as_str(),
                _ => task_info.language.continuation.as_str(),
            };
            record.for_each_document(model, task, |document| {
                for row in of_document(&document, &router.moe_layers) {
                    let row = ExportRow { model, task, language: language(row.span), ..row };
                    sink.add(&row)?;
                    rows += 1;
                }
                Ok::<(), ExportError>(())
            })?;
        }
    }
    sink.finish()?;
    if rows == 0 {
        return Err(ExportError::Nothing("the record holds no routing".to_owned()));
    }
    Ok(rows)
}

fn of_document<'a>(
    document: &'a DocumentRow,
    moe_layers: &'a [usize],
) -> impl Iterator<Item = ExportRow<'a>> {
    document.routing.iter().flat_map(move |(span, counts)| {
        let experts = counts.shape.experts.max(1);
        let cells = counts.selections.iter().enumerate();
        cells.filter_map(move |(cell, &count)| {
            let score_sum = counts.scores.as_ref().map(|sums| sums[cell]);
            let moe_layer = cell / experts;
            (count > 0 || score_sum.is_some()).then(|| ExportRow {
                model: "",
                task: "",
                document: document.doc_id,
                language: "",
                span: span.name(),
                tokens: counts.tokens,
                layer: moe_layers.get(moe_layer).copied().unwrap_or(moe_layer),
                moe_layer,
                expert: cell % experts,
                count,
                score_sum,
            })
        })
    })
}

/// A folder for a file that is about to be written.
pub(super) fn make_folder(path: &Path) -> Result<(), ExportError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| {
        std::fs::create_dir_all(folder).map_err(|error| ExportError::write(folder, error))
    })
}
