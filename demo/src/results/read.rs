//! Takes a record out of a run folder of the harness, as `harness eval --log-samples` leaves it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizers::Tokenizer;

use super::record::{CellScore, Checkpoint, Fertility, TaskScore, Usage};
use crate::tokenizer::{self, TokenizerError};
use crate::world::Language;

/// Why a run folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file could not be read.
    #[error(
        "cannot read {}: {source}; a run folder comes from `harness eval --log-samples`",
        path.display()
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not JSON.
    #[error("{}, line {line}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A file lacks something.
    #[error("{} has no {what}", path.display())]
    Lacks {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
}

/// The parallel sentences of the routing probe begin with this.
const PROBE: &str = "flores200_";
/// The task whose documents name a fact cell.
const TRIVIA: &str = "heb_lb_trivia";

/// Reads checkpoints from the folders of their aliases below `run`.
///
/// # Errors
/// A file is missing or is not what the harness writes.
pub fn checkpoints(run: &Path, aliases: &[String]) -> Result<Vec<Checkpoint>, ReadError> {
    aliases.iter().map(|alias| checkpoint(&run.join(alias), alias)).collect()
}

/// Measures a tokenizer on the world's paragraphs.
///
/// # Errors
/// The tokenizer refuses a text.
pub fn fertility(tokenizer: &Tokenizer, seed: u64) -> Result<Vec<Fertility>, TokenizerError> {
    let measured = tokenizer::fertility(tokenizer, seed)?;
    let told = |(language, (by_character, by_piece)): (Language, (f64, f64))| Fertility {
        language: language.tag().to_owned(),
        by_character,
        by_piece,
    };
    Ok(Language::ALL.into_iter().zip(measured).map(told).collect())
}

fn checkpoint(folder: &Path, alias: &str) -> Result<Checkpoint, ReadError> {
    Ok(Checkpoint {
        name: alias.to_owned(),
        scores: scores(&folder.join("results.json"))?,
        cells: cells(&folder.join(format!("samples_{TRIVIA}.jsonl")))?,
        usage: usage(&folder.join("routing.json"))?,
    })
}

pub(super) fn text(path: &Path) -> Result<String, ReadError> {
    std::fs::read_to_string(path).map_err(|source| ReadError::Io { path: path.into(), source })
}

fn json(path: &Path, line: usize, text: &str) -> Result<Value, ReadError> {
    let wrong = |source| ReadError::Json { path: path.into(), line, source };
    serde_json::from_str(text).map_err(wrong)
}

fn scores(path: &Path) -> Result<Vec<TaskScore>, ReadError> {
    let lacks = |what| ReadError::Lacks { path: path.into(), what };
    let results = json(path, 1, &text(path)?)?;
    let tasks = results["results"].as_object().ok_or_else(|| lacks("results"))?;
    let scored = tasks.iter().filter(|(task, _)| !task.starts_with(PROBE));
    Ok(scored.filter_map(|(task, values)| score(task, values)).collect())
}

/// The first metric of a task; `None` where nothing was scored. BLEU is in points already.
fn score(task: &str, values: &Value) -> Option<TaskScore> {
    let (key, value) = values.as_object()?.iter().find(|(key, _)| key.contains(','))?;
    let (metric, filter) = key.split_once(',')?;
    let scale = if metric.contains("bleu") { 1.0 } else { 100.0 };
    let error = values[format!("{metric}_stderr,{filter}")].as_f64().unwrap_or(0.0);
    Some(TaskScore {
        task: task.to_owned(),
        metric: metric.to_owned(),
        documents: values["sample_len"].as_u64()? as usize,
        points: value.as_f64()? * scale,
        standard_error: error * scale,
    })
}

fn cells(path: &Path) -> Result<Vec<CellScore>, ReadError> {
    let lacks = |what| ReadError::Lacks { path: path.into(), what };
    let mut cells = BTreeMap::new();
    for (at, line) in text(path)?.lines().enumerate() {
        let sample = json(path, at + 1, line)?;
        let letter = sample["doc"]["cell"].as_str().ok_or_else(|| lacks("column `doc.cell`"))?;
        let right = sample["acc"].as_f64().ok_or_else(|| lacks("column `acc`"))?;
        let (asked, answered) = cells.entry(letter.to_owned()).or_insert((0, 0));
        *asked += 1;
        *answered += usize::from(right == 1.0);
    }
    let score = |(cell, (asked, right))| CellScore { cell, asked, right };
    Ok(cells.into_iter().map(score).collect())
}

fn usage(path: &Path) -> Result<Vec<Usage>, ReadError> {
    let lacks = |what| ReadError::Lacks { path: path.into(), what };
    let routing = json(path, 1, &text(path)?)?;
    let groups = routing["groups"].as_array().ok_or_else(|| lacks("groups"))?;
    let probes = groups
        .iter()
        .filter(|group| group["task"].as_str().is_some_and(|task| task.starts_with(PROBE)));
    probes.map(|group| of_group(group).ok_or_else(|| lacks("selection counts"))).collect()
}

fn of_group(group: &Value) -> Option<Usage> {
    let layer = |layer: &Value| layer.as_array()?.iter().map(Value::as_u64).collect();
    Some(Usage {
        language: group["language"].as_str()?.to_owned(),
        tokens: group["tokens"].as_u64()?,
        selections: group["selection_counts"]
            .as_array()?
            .iter()
            .map(layer)
            .collect::<Option<_>>()?,
    })
}
