//! What comes out of scoring one document.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one filter pipeline made of a document's responses, and its metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The pipeline's name, which is part of a result's name: `acc,none`.
    pub filter: String,
    /// lm-evaluation-harness's `filtered_resps`: one entry a request.
    pub filtered: Value,
    /// The metrics by name, in the order of the task file.
    pub metrics: IndexMap<String, MetricValue>,
    /// How many choices shared the highest log-likelihood with the one
    /// taken, the first; 0 almost always.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ties: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What one metric keeps of one document until all are there.
///
/// As JSON a number is a number and the other kinds are objects with keys of
/// their own. Numbers are finite: what is not becomes [`MetricValue::Unscored`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetricValue {
    /// A number of this document alone, such as 1 for a right answer.
    Number(f64),
    /// A log-likelihood and the words or bytes that it is spread over.
    Weighted {
        /// The sum, in natural logarithms.
        sum: f64,
        /// The weight: words or bytes.
        weight: f64,
    },
    /// Gold and prediction, for metrics of the whole corpus: f1, mcc, bleu.
    Pair {
        /// The reference: a label, a text, or a list of several.
        gold: Value,
        /// What the model gave: a label, a text, or a list of numbers.
        prediction: Value,
    },
    /// There is no value, and that is neither a wrong answer nor a zero.
    Unscored {
        /// Why: `nan`, `timeout: ...`.
        #[serde(rename = "unscored")]
        reason: String,
    },
}

impl MetricValue {
    /// A number; NaN and the infinities are unscored.
    #[must_use]
    pub fn number(value: f64) -> Self {
        match not_finite(value) {
            None => Self::Number(value),
            Some(reason) => Self::unscored(reason),
        }
    }

    /// 1 if right, 0 if wrong.
    #[must_use]
    pub fn right(is_right: bool) -> Self {
        Self::Number(f64::from(u8::from(is_right)))
    }

    /// A sum over a weight; NaN and the infinities are unscored.
    #[must_use]
    pub fn weighted(sum: f64, weight: f64) -> Self {
        match not_finite(sum).or(not_finite(weight)) {
            None => Self::Weighted { sum, weight },
            Some(reason) => Self::unscored(reason),
        }
    }

    /// No value, for this reason.
    pub fn unscored(reason: impl Into<String>) -> Self {
        Self::Unscored { reason: reason.into() }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// Why there is no value, if there is none.
    #[must_use]
    pub fn unscored_reason(&self) -> Option<&str> {
        match self {
            Self::Unscored { reason } => Some(reason),
            _ => None,
        }
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("nan")
    } else if value.is_infinite() {
        Some("infinite")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_survives_json() {
        let values = [
            MetricValue::Number(0.1),
            MetricValue::weighted(-3.5, 7.0),
            MetricValue::Pair { gold: json!(["a", "b"]), prediction: json!("c") },
            MetricValue::number(f64::NAN),
        ];
        for value in values {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<MetricValue>(&text).unwrap(), value, "{text}");
        }
        assert_eq!(
            serde_json::to_value(MetricValue::number(f64::NAN)).unwrap(),
            json!({"unscored": "nan"})
        );
    }

    #[test]
    fn what_is_not_finite_is_unscored() {
        assert_eq!(MetricValue::number(f64::NEG_INFINITY).unscored_reason(), Some("infinite"));
        assert_eq!(MetricValue::weighted(f64::NAN, 1.0).unscored_reason(), Some("nan"));
        assert_eq!(MetricValue::right(true).as_number(), Some(1.0));
    }
}
