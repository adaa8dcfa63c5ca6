//! What is kept of a run: scores, trivia by cell, and selection counts of the parallel sentences.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::read::{ReadError, text};

/// All checkpoints of a run, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How many tokens each language needs.
    pub fertility: Vec<Fertility>,
    /// The checkpoints; base is among them.
    pub checkpoints: Vec<Checkpoint>,
}

/// Tokens that the tokenizer of all checkpoints needs for a language: one that is short of a
/// language would narrow its routing by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fertility {
    /// `en`, `he` or `ja`.
    pub language: String,
    /// Tokens a character.
    pub by_character: f64,
    /// Tokens a piece between spaces.
    pub by_piece: f64,
}

/// What was measured of one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its alias in `harness.toml`.
    pub name: String,
    /// Scores of the tasks that had data.
    pub scores: Vec<TaskScore>,
    /// Trivia by fact cell.
    pub cells: Vec<CellScore>,
    /// Where the parallel sentences were routed, by language.
    pub usage: Vec<Usage>,
}

/// The headline metric of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskScore {
    /// The task.
    pub task: String,
    /// The metric's name.
    pub metric: String,
    /// Documents.
    pub documents: usize,
    /// The value, in points of 0 to 100.
    pub points: f64,
    /// Its standard error, in points.
    pub standard_error: f64,
}

/// Right answers to the trivia of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellScore {
    /// The cell's letter.
    pub cell: String,
    /// Questions asked.
    pub asked: usize,
    /// Questions answered rightly.
    pub right: usize,
}

/// Selections of experts in the parallel sentences of a language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// `en`, `he` or `ja`.
    pub language: String,
    /// Tokens; each chose the same number of experts in every layer.
    pub tokens: u64,
    /// How often each expert was chosen: `[layers][experts]`.
    pub selections: Vec<Vec<u64>>,
}

impl Record {
    /// Reads a record that [`Record::to_json`] wrote.
    ///
    /// # Errors
    /// The file is missing, or is not a record.
    pub fn load(path: &Path) -> Result<Self, ReadError> {
        serde_json::from_str(&text(path)?).map_err(|source| ReadError::Json {
            path: path.into(),
            line: source.line(),
            source,
        })
    }

    /// The record as JSON, one layer of counts a line.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        let json = json.expect("numbers and strings have a JSON form");
        one_line_lists(&json)
    }

    /// The checkpoint of a name.
    pub fn checkpoint(&self, name: &str) -> Option<&Checkpoint> {
        self.checkpoints.iter().find(|checkpoint| checkpoint.name == name)
    }
}

impl Checkpoint {
    /// The points of a task.
    pub fn points(&self, task: &str) -> Option<f64> {
        self.scores.iter().find(|score| score.task == task).map(|score| score.points)
    }

    /// The share of right answers in a cell.
    pub fn cell(&self, letter: &str) -> Option<&CellScore> {
        self.cells.iter().find(|cell| cell.cell == letter)
    }

    /// Load of every expert in a language, as floats: `[layers][experts]`.
    pub fn load(&self, language: &str) -> Option<Vec<Vec<f64>>> {
        let usage = self.usage.iter().find(|usage| usage.language == language)?;
        let widened = |layer: &Vec<u64>| layer.iter().map(|&count| count as f64).collect();
        Some(usage.selections.iter().map(widened).collect())
    }
}

/// Puts lists of numbers on one line each, so that counts stay readable in a diff.
fn one_line_lists(json: &str) -> String {
    let is_number = |line: &str| line.trim().trim_end_matches(',').parse::<u64>().is_ok();
    let mut text = String::new();
    let mut in_list = false;
    for line in json.lines() {
        let continues = is_number(line) || (in_list && line.trim_start().starts_with(']'));
        match continues {
            true => text += &format!(" {}", line.trim()),
            false => text += &format!("\n{line}"),
        }
        in_list = is_number(line);
    }
    text.trim_start().to_owned() + "\n"
}

impl CellScore {
    /// Right answers as a share, 0 to 1; 0 when nothing was asked.
    pub fn share(&self) -> f64 {
        self.right as f64 / self.asked.max(1) as f64
    }
}
