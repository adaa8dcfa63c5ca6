//! Writing every derived file.

use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;

use super::view::Page;
use super::{
    atomic, comparison_rows, flips, link_sheet, model_folder, render, results_json, routing_json,
    samples, sheets,
};
use crate::record::{Record, RecordError};
use crate::summary::Summary;

/// Choices that concern the pages only.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct PageOptions {}

/// Why the pages could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file cannot be written; what was there before is still there.
    #[error("cannot write {} ({bytes} bytes): {source}; what was there before is unchanged", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Bytes that it was given.
        bytes: usize,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file could not be built: a fault of this program.
    #[error("cannot build the report: {0}")]
    Build(String),
}

/// Writes report.md, report.html, scores.csv, differences.csv, routing.csv, link.csv and, per model, results.json,
/// routing.json and samples files into `dir`; returns the paths written. Each file is replaced
/// whole or not at all. [`TIME_KEYS`](super::TIME_KEYS) lists what differs between two runs of
/// the same command.
///
/// # Errors
/// When the record is damaged or a file cannot be written.
pub fn write_derived(
    record: &Record,
    dir: &Path,
    options: &PageOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    write_pages(record, &Summary::draw(record)?, dir, options)
}

/// [`write_derived`] for a summary that was drawn already; `record` is read for
/// samples and for documents that flipped.
///
/// # Errors
/// As there.
pub fn write_pages(
    record: &Record,
    summary: &Summary,
    dir: &Path,
    _options: &PageOptions,
) -> Result<Vec<PathBuf>, ReportError> {
    let page = Page::of(summary, flips::difference_tables(record, summary)?);
    let mut paths = vec![
        atomic::write(&dir.join("report.md"), render::report_md(&page)?.as_bytes())?,
        atomic::write(&dir.join("report.html"), render::report_html(&page)?.as_bytes())?,
        atomic::write(&dir.join("scores.csv"), &sheets::scores(summary)?)?,
        atomic::write(
            &dir.join("differences.csv"),
            &comparison_rows::sheet(summary.comparisons())?,
        )?,
        atomic::write(&dir.join("routing.csv"), &sheets::routing(summary)?)?,
        atomic::write(&dir.join("link.csv"), &link_sheet::link(summary)?)?,
    ];
    for alias in summary.manifest.models.keys() {
        paths.extend(write_model(record, summary, dir, alias)?);
    }
    Ok(paths)
}

fn write_model(
    record: &Record,
    summary: &Summary,
    dir: &Path,
    alias: &str,
) -> Result<Vec<PathBuf>, ReportError> {
    let folder = model_folder(dir, alias);
    let results = results_json::results(summary, alias);
    let mut paths = vec![atomic::write(&folder.join("results.json"), &pretty(&results)?)?];
    if let Some(routing) = routing_json::routing(summary, alias) {
        paths.push(atomic::write(&folder.join("routing.json"), &compact(&routing)?)?);
    }
    for task in summary.manifest.tasks.keys() {
        paths.extend(samples::write_samples(record, &folder, alias, task)?);
    }
    Ok(paths)
}

fn pretty(value: &Value) -> Result<Vec<u8>, ReportError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| ReportError::Build(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn compact(value: &Value) -> Result<Vec<u8>, ReportError> {
    let mut bytes =
        serde_json::to_vec(value).map_err(|error| ReportError::Build(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
