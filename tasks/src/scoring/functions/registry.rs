//! All functions by name.

use std::fmt;

use indexmap::IndexMap;
use serde_json::Value;

use super::super::aggregation::{Aggregation, Average};
use super::super::metrics::Scale;
use super::super::metrics::sentence_bleu::sentence_bleu;
use super::super::metrics::tlnls::tlnls;
use super::super::{AnswerKey, ScoringError, Unscored};
use super::{char_f1, extractive_match, gsm8k_heb, ja_leaderboard_mgsm, matching};
use crate::score::MetricValue;

/// What a metric function computes of the reference texts and the generated one.
pub type Scorer = fn(&[String], &str) -> Result<f64, Unscored>;

/// A metric that a task file names by `!function`.
pub struct MetricFunction {
    /// `module.name`.
    pub name: &'static str,
    /// The number of one document; `None` keeps the texts for the corpus.
    pub score: Option<Scorer>,
    /// How documents are joined unless the task file says otherwise.
    pub aggregation: Aggregation,
    /// What its numbers range over.
    pub scale: Scale,
}

impl MetricFunction {
    /// The metric's name in results: what follows the last dot.
    #[must_use]
    pub fn metric_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

impl fmt::Debug for MetricFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MetricFunction").field(&self.name).finish()
    }
}

/// Scores a document from its answer key and its filtered responses.
pub type ProcessResults =
    fn(&AnswerKey<'_>, &[Value]) -> Result<IndexMap<String, MetricValue>, Unscored>;

/// HeQ's metric; also known as the plain name `tlnls`.
pub static TLNLS: MetricFunction = MetricFunction {
    name: "tlnls.tlnls",
    score: Some(tlnls),
    aggregation: Aggregation::Mean,
    scale: Scale::Fraction,
};

/// BLEU of one sentence; also known as the plain name `sentence_bleu`.
pub static SENTENCE_BLEU: MetricFunction = MetricFunction {
    name: "sacrebleu.sentence_bleu",
    score: Some(|references, prediction| Ok(sentence_bleu(references, prediction))),
    aggregation: Aggregation::Mean,
    scale: Scale::Percent,
};

static ACC: MetricFunction = MetricFunction {
    name: "matching.acc",
    score: Some(matching::acc),
    aggregation: Aggregation::Mean,
    scale: Scale::Fraction,
};

static FIRST_WORD_ACC: MetricFunction = MetricFunction {
    name: "matching.first_word_acc",
    score: Some(matching::first_word_acc),
    aggregation: Aggregation::Mean,
    scale: Scale::Fraction,
};

static BLEU_CHAR: MetricFunction = MetricFunction {
    name: "sacrebleu.bleu_char",
    score: None,
    aggregation: Aggregation::BLEU_CHAR,
    scale: Scale::Percent,
};

static BLEU_INTL: MetricFunction = MetricFunction {
    name: "sacrebleu.bleu_intl",
    score: None,
    aggregation: Aggregation::BLEU_INTL,
    scale: Scale::Percent,
};

static BLEU_JA_MECAB: MetricFunction = MetricFunction {
    name: "sacrebleu.bleu_ja_mecab",
    score: None,
    aggregation: Aggregation::BLEU_JA_MECAB,
    scale: Scale::Percent,
};

static BLEU_JA: MetricFunction = MetricFunction {
    name: "swallow.bleu_ja",
    score: None,
    aggregation: Aggregation::BLEU_JA,
    scale: Scale::Percent,
};

static CHAR_F1: MetricFunction = MetricFunction {
    name: "char_f1.char_f1",
    score: Some(char_f1::char_f1),
    aggregation: Aggregation::Mean,
    scale: Scale::Fraction,
};

/// Functions of `metric: !function`.
pub static METRICS: [&MetricFunction; 9] = [
    &CHAR_F1,
    &ACC,
    &FIRST_WORD_ACC,
    &BLEU_CHAR,
    &BLEU_INTL,
    &BLEU_JA_MECAB,
    &SENTENCE_BLEU,
    &BLEU_JA,
    &TLNLS,
];

/// Functions of `process_results: !function`.
pub static PROCESS_RESULTS: [(&str, ProcessResults); 4] = [
    ("extractive_match.english", extractive_match::english),
    ("extractive_match.japanese", extractive_match::japanese),
    ("gsm8k_heb.process_results", gsm8k_heb::process_results),
    ("ja_leaderboard_mgsm.process_results", ja_leaderboard_mgsm::process_results),
];

/// Functions of `aggregation: !function`.
pub static AGGREGATIONS: [(&str, Aggregation); 3] = [
    ("f1.macro_f1", Aggregation::F1(Average::Macro)),
    ("f1.micro_f1", Aggregation::F1(Average::Micro)),
    ("f1.weighted_f1", Aggregation::F1(Average::Weighted)),
];

/// The metric function of this name.
pub(in super::super) fn metric(name: &str) -> Result<&'static MetricFunction, ScoringError> {
    let found = METRICS.iter().find(|function| function.name == name);
    found.copied().ok_or_else(|| {
        unknown("metric function", name, METRICS.iter().map(|function| function.name))
    })
}

/// The `process_results` function of this name.
pub(in super::super) fn process_results(name: &str) -> Result<ProcessResults, ScoringError> {
    let found = PROCESS_RESULTS.iter().find(|(known, _)| *known == name);
    let known = PROCESS_RESULTS.iter().map(|(known, _)| *known);
    found
        .map(|(_, function)| *function)
        .ok_or_else(|| unknown("process_results function", name, known))
}

/// The aggregation function of this name.
pub(in super::super) fn aggregation(name: &str) -> Result<Aggregation, ScoringError> {
    let found = AGGREGATIONS.iter().find(|(known, _)| *known == name);
    let known = AGGREGATIONS.iter().map(|(known, _)| *known);
    found
        .map(|(_, aggregation)| *aggregation)
        .ok_or_else(|| unknown("aggregation function", name, known))
}

/// The functions that score a document, `metric` and `process_results`, sorted.
#[must_use]
pub fn metric_names() -> Vec<&'static str> {
    let scorers = PROCESS_RESULTS.iter().map(|(name, _)| *name);
    let mut names: Vec<&'static str> =
        METRICS.iter().map(|function| function.name).chain(scorers).collect();
    names.sort_unstable();
    names
}

fn unknown(
    kind: &'static str,
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> ScoringError {
    ScoringError::Unknown { kind, name: name.to_owned(), known: known.collect() }
}
