//! What a task's `metadata` tells people and reports.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::yaml::{NodeValue, Position, Section};
use super::{Problem, TaskLanguage};
use crate::suggest;

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
    /// How many answers there are to choose from, for a task whose answer is written. It says
    /// what guessing gets and nothing about what is asked, so that it is no part of the digest.
    pub answer_options: Option<usize>,
    /// What people need to know about the task.
    pub card: Card,
    /// Keys that are not ours.
    pub other: Map<String, Value>,
}

impl Metadata {
    pub(crate) fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("metadata") else { return Self::default() };
        if !matches!(node.value, NodeValue::Map(_)) {
            let other = Map::from_iter([("_metadata".to_owned(), node.to_json())]);
            return Self { other, ..Self::default() };
        }
        let Some(mut section) = Section::open(node, "metadata.", section.errors()) else {
            return Self::default();
        };
        let (language, category) = (TaskLanguage::take(&mut section), Category::take(&mut section));
        Self {
            version: section.take("version").map(|node| node.to_json()),
            language,
            row_id: section.string("row_id"),
            category,
            cluster: section.string("cluster"),
            answer_options: section.count("answer_options").filter(|&count| count > 0),
            card: Card::take(&mut section),
            other: section.rest(),
        }
    }

    /// The metadata for a dump of the task.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            fields.extend(value.map(|value| (key.to_owned(), value)));
        };
        put("version", self.version.clone());
        put("language", Some(self.language_json()));
        put("category", self.category.map(|category| category.name().into()));
        put("row_id", self.row_id.clone().map(Value::from));
        put("cluster", self.cluster.clone().map(Value::from));
        put("card", serde_json::to_value(&self.card).ok());
        fields.extend(self.other.clone());
        fields.into()
    }

    fn language_json(&self) -> Value {
        let TaskLanguage { question, continuation } = &self.language;
        if question == continuation {
            return question.as_str().into();
        }
        serde_json::json!({"question": question, "continuation": continuation})
    }
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

impl Card {
    fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("card") else { return Self::default() };
        let Some(mut section) = Section::open(node, "metadata.card.", section.errors()) else {
            return Self::default();
        };
        let mut text = |key| section.string(key).unwrap_or_default().trim().to_owned();
        let card = Self {
            asks: text("asks"),
            source: text("source"),
            licence: text("licence"),
            prompt: text("prompt"),
            scoring: text("scoring"),
            differences: text("differences"),
            ours: section.strings("ours").unwrap_or_default(),
        };
        section.finish();
        card
    }
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

impl Category {
    /// Every category.
    pub const ALL: [Self; 6] = [
        Self::Knowledge,
        Self::Reasoning,
        Self::Commonsense,
        Self::Understanding,
        Self::Translation,
        Self::Probe,
    ];

    /// The name that task files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::Reasoning => "reasoning",
            Self::Commonsense => "commonsense",
            Self::Understanding => "understanding",
            Self::Translation => "translation",
            Self::Probe => "probe",
        }
    }

    fn take(section: &mut Section) -> Option<Self> {
        let node = section.take("category")?;
        let name = node.as_str().unwrap_or(node.kind()).to_owned();
        let found = Self::ALL.into_iter().find(|category| category.name() == name);
        if found.is_none() {
            Self::unknown(section, node.at, &name);
        }
        found
    }

    fn unknown(section: &mut Section, at: Position, name: &str) {
        let names = Self::ALL.map(Self::name);
        let advice = format!(
            "unknown category `{name}`{}; there are {}",
            suggest::hint(name, names),
            names.join(", ")
        );
        section.fail(at, Problem::Value { key: "metadata.category".into(), advice });
    }
}
