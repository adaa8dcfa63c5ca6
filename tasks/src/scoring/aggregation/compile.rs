//! All aggregations by name.

use super::super::{ScoringError, functions};
use super::Tokenizer;
use crate::config::{FunctionName, NameOrFunction};

/// How the values of all documents become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// The mean.
    Mean,
    /// The mean of what has a value.
    NanMean,
    /// The upper median: `sorted(values)[n // 2]`.
    Median,
    /// exp of minus the mean log-likelihood.
    Perplexity,
    /// exp of minus the summed log-likelihood over the summed weight.
    WeightedPerplexity,
    /// The same in bits, without the exponential.
    BitsPerByte,
    /// F1 of labels.
    F1(Average),
    /// Matthews' correlation coefficient of labels.
    MatthewsCorrcoef,
    /// The mean squared distance of probabilities from certainty.
    BrierScore,
    /// Corpus BLEU.
    Bleu {
        /// How texts are split.
        tokenizer: Tokenizer,
    },
    /// Corpus chrF; with words chrF++.
    Chrf {
        /// The longest word n-gram; 0 for none.
        word_order: usize,
    },
    /// Corpus translation error rate.
    Ter,
    /// Always 999: the task only generates.
    Bypass,
}

/// How the F1 of several classes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// The F1 of class 1, of two.
    Binary,
    /// Their mean.
    Macro,
    /// The F1 of pooled counts.
    Micro,
    /// Their mean by the number of gold labels.
    Weighted,
}

/// The aggregations' names in task files.
pub const NAMES: [&str; 14] = [
    "bits_per_byte",
    "bleu",
    "brier_score",
    "bypass",
    "chrf",
    "chrf++",
    "f1",
    "matthews_corrcoef",
    "mean",
    "median",
    "nanmean",
    "perplexity",
    "ter",
    "weighted_perplexity",
];

impl Aggregation {
    /// Corpus BLEU as sacreBLEU computes it by default.
    pub const BLEU: Self = Self::Bleu { tokenizer: Tokenizer::V13a };
    /// Corpus BLEU of characters.
    pub const BLEU_CHAR: Self = Self::Bleu { tokenizer: Tokenizer::Char };
    /// Corpus BLEU with the international tokenizer.
    pub const BLEU_INTL: Self = Self::Bleu { tokenizer: Tokenizer::International };
    /// Corpus BLEU of MeCab's words: sacreBLEU's for Japanese.
    pub const BLEU_JA_MECAB: Self = Self::Bleu { tokenizer: Tokenizer::Mecab };
    /// Corpus BLEU of MeCab's words, split further by 13a: the Swallow evaluation's for Japanese.
    pub const BLEU_JA: Self = Self::Bleu { tokenizer: Tokenizer::MecabThen13a };

    /// The aggregation that a task file names.
    ///
    /// # Errors
    /// If the name is unknown; the error lists what is known.
    pub fn compile(name: &NameOrFunction) -> Result<Self, ScoringError> {
        match name {
            NameOrFunction::Name(name) => Self::named(name).ok_or_else(|| ScoringError::Unknown {
                kind: "aggregation",
                name: name.clone(),
                known: NAMES.to_vec(),
            }),
            NameOrFunction::Function(FunctionName(name)) => functions::aggregation(name),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bits_per_byte" => Self::BitsPerByte,
            "bleu" => Self::BLEU,
            "brier_score" => Self::BrierScore,
            "bypass" => Self::Bypass,
            "chrf" => Self::Chrf { word_order: 0 },
            "chrf++" => Self::Chrf { word_order: 2 },
            "f1" => Self::F1(Average::Binary),
            "matthews_corrcoef" => Self::MatthewsCorrcoef,
            "mean" => Self::Mean,
            "median" => Self::Median,
            "nanmean" => Self::NanMean,
            "perplexity" => Self::Perplexity,
            "ter" => Self::Ter,
            "weighted_perplexity" => Self::WeightedPerplexity,
            _ => return None,
        })
    }

    /// Whether it is the plain mean of the documents' own numbers, so that
    /// documents can be paired between models.
    #[must_use]
    pub fn is_per_document(self) -> bool {
        matches!(self, Self::Mean | Self::NanMean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_known() {
        for name in NAMES {
            assert!(Aggregation::named(name).is_some(), "{name}");
        }
        let error = Aggregation::compile(&NameOrFunction::Name("avg".to_owned())).unwrap_err();
        assert!(error.to_string().contains("known are bits_per_byte"), "{error}");
    }
}
