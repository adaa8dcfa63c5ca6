//! lm-evaluation-harness's metrics.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::ScoringError;
use super::super::aggregation::{Aggregation, Average};
use super::super::functions::{MetricFunction, SENTENCE_BLEU, TLNLS};
use super::exact_match::ExactMatch;
use crate::config::OutputType;

/// What is kept of a document.
#[derive(Clone, Debug)]
pub enum Metric {
    /// Whether the most probable choice is right, or the continuation greedy.
    Acc,
    /// [`Metric::Acc`] by log-likelihood a code point of the choice.
    AccNorm,
    /// [`Metric::Acc`] by log-likelihood a UTF-8 byte of the choice.
    AccBytes,
    /// [`Metric::Acc`] by log-likelihood less that without the context.
    AccMutualInfo,
    /// Whether the right choice is greedy, or the generated text equal.
    ExactMatch(ExactMatch),
    /// The gold label and the chosen one, for F1 or the correlation coefficient.
    Labels,
    /// The gold label and the probabilities of the choices.
    Probabilities,
    /// The gold label and the log-likelihoods of the choices.
    LogLikelihoods,
    /// The log-likelihood of the only continuation.
    LogLikelihood,
    /// The log-likelihood of a text over its words.
    PerWord,
    /// The log-likelihood of a text over its UTF-8 bytes.
    PerByte,
    /// The reference texts and the generated one, for BLEU and its kin.
    Texts,
    /// A function of references and generated text.
    Function(&'static MetricFunction),
    /// Nothing: the task's `process_results` gives the value.
    Given,
}

impl Metric {
    /// Whether requests of this kind give it a value.
    #[must_use]
    pub fn applies_to(&self, output_type: OutputType) -> bool {
        match output_type {
            OutputType::MultipleChoice => matches!(
                self,
                Self::Acc
                    | Self::AccNorm
                    | Self::AccBytes
                    | Self::AccMutualInfo
                    | Self::ExactMatch(_)
                    | Self::Labels
                    | Self::Probabilities
                    | Self::LogLikelihoods
            ),
            OutputType::Loglikelihood => matches!(self, Self::Acc | Self::LogLikelihood),
            OutputType::LoglikelihoodRolling => matches!(self, Self::PerWord | Self::PerByte),
            OutputType::GenerateUntil => !matches!(self, Self::Given),
        }
    }
}

/// What a metric's numbers range over, for those who print them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 0 to 1, usually shown times 100.
    Fraction,
    /// 0 to 100, or beyond for error rates.
    Percent,
    /// Anything: perplexities, bits.
    Unbounded,
}

/// A metric that task files may name.
pub struct Registered {
    /// Its name.
    pub name: &'static str,
    make: fn(&Map<String, Value>) -> Result<Metric, ScoringError>,
    /// How documents are joined unless the task file says otherwise.
    pub aggregation: Aggregation,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// What its numbers range over.
    pub scale: Scale,
}

macro_rules! registered {
    ($name:literal, $metric:expr, $aggregation:expr, $better:literal, $scale:ident) => {
        Registered {
            name: $name,
            make: |_| Ok($metric),
            aggregation: $aggregation,
            higher_is_better: $better,
            scale: Scale::$scale,
        }
    };
}

/// All metrics, by name: upstream's, and the two of Hebrew benchmarks,
/// `sentence_bleu` and `tlnls`. Options of those that take none are ignored, as
/// upstream does.
pub static METRICS: [Registered; 21] = [
    registered!("acc", Metric::Acc, Aggregation::Mean, true, Fraction),
    registered!("acc_all", Metric::Given, Aggregation::Mean, true, Fraction),
    registered!("acc_bytes", Metric::AccBytes, Aggregation::Mean, true, Fraction),
    registered!("acc_mutual_info", Metric::AccMutualInfo, Aggregation::Mean, true, Fraction),
    registered!("acc_norm", Metric::AccNorm, Aggregation::Mean, true, Fraction),
    registered!("bits_per_byte", Metric::PerByte, Aggregation::BitsPerByte, false, Unbounded),
    registered!("bleu", Metric::Texts, Aggregation::BLEU, true, Percent),
    registered!("brier_score", Metric::Probabilities, Aggregation::BrierScore, false, Unbounded),
    registered!("bypass", Metric::Given, Aggregation::Bypass, true, Unbounded),
    registered!(
        "byte_perplexity",
        Metric::PerByte,
        Aggregation::WeightedPerplexity,
        false,
        Unbounded
    ),
    registered!("chrf", Metric::Texts, Aggregation::Chrf { word_order: 0 }, true, Percent),
    registered!("chrf++", Metric::Texts, Aggregation::Chrf { word_order: 2 }, true, Percent),
    Registered {
        name: "exact_match",
        make: |options| Ok(Metric::ExactMatch(ExactMatch::compile(options)?)),
        aggregation: Aggregation::Mean,
        higher_is_better: true,
        scale: Scale::Fraction,
    },
    registered!("f1", Metric::Labels, Aggregation::F1(Average::Binary), true, Fraction),
    registered!("likelihood", Metric::LogLikelihoods, Aggregation::Mean, true, Unbounded),
    registered!("mcc", Metric::Labels, Aggregation::MatthewsCorrcoef, true, Unbounded),
    registered!("perplexity", Metric::LogLikelihood, Aggregation::Perplexity, false, Unbounded),
    registered!(
        "sentence_bleu",
        Metric::Function(&SENTENCE_BLEU),
        Aggregation::Mean,
        true,
        Percent
    ),
    registered!("ter", Metric::Texts, Aggregation::Ter, false, Percent),
    registered!("tlnls", Metric::Function(&TLNLS), Aggregation::Mean, true, Fraction),
    registered!(
        "word_perplexity",
        Metric::PerWord,
        Aggregation::WeightedPerplexity,
        false,
        Unbounded
    ),
];

impl Registered {
    /// The metric with these options.
    ///
    /// # Errors
    /// If an option is unknown or has a value that cannot be used.
    pub fn make(&self, options: &Map<String, Value>) -> Result<Metric, ScoringError> {
        (self.make)(options)
    }
}

impl Metric {
    /// The entry of this name.
    #[must_use]
    pub fn registered(name: &str) -> Option<&'static Registered> {
        METRICS.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<&str> = METRICS.iter().map(|entry| entry.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
