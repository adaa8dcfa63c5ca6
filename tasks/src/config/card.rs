//! What a task's `metadata` tells people and reports.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TaskLanguage;

/// Our part of a task file's `metadata`, and whatever else stands there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The task's version as written; a number or a string.
    pub version: Option<Value>,
    /// The language of questions and continuations.
    pub language: TaskLanguage,
    /// The column that pairs rows of parallel text.
    pub row_id: Option<String>,
    /// What kind of ability is measured.
    pub category: Option<Category>,
    /// The column, or template, whose equal values belong together.
    pub cluster: Option<String>,
    /// What people need to know about the task.
    pub card: Card,
    /// Keys that are not ours.
    pub other: Map<String, Value>,
}

/// What people need to know about a task before they read its score.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// What it asks.
    pub asks: String,
    /// Where the data come from.
    pub source: String,
    /// Under which licence.
    pub licence: String,
    /// The prompt in words: shots, delimiters, stops.
    pub prompt: String,
    /// What counts as right.
    pub scoring: String,
    /// Known differences from the benchmark that it stands for.
    pub differences: String,
    /// Choices that are ours because the definition is not public.
    pub ours: Vec<String>,
}

/// What kind of ability a task measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Facts.
    Knowledge,
    /// Several steps.
    Reasoning,
    /// What everyone knows.
    Commonsense,
    /// What a text says.
    Understanding,
    /// From one language into another.
    Translation,
    /// Parallel text that measures routing, not ability.
    Probe,
}
