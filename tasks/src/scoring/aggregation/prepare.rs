//! Values of documents, made ready to be joined again and again.

use harness_metrics::scores::SufficientStatistics;

use super::brier::Brier;
use super::chrf::chrf;
use super::correlation::Correlation;
use super::f1::F1;
use super::mean::Mean;
use super::median::Median;
use super::perplexity::{Perplexity, Weighted};
use super::translation::{Segments, bleu, ter};
use super::{Aggregation, Average};
use crate::python::repr::repr;
use crate::score::MetricValue;

/// A number of a set of documents.
pub trait Statistic: Send + Sync {
    /// How many documents there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the documents at these positions, below
    /// [`Statistic::len`], which may repeat. `None` where there is no number.
    fn of(&self, chosen: &[usize]) -> Option<f64>;

    /// The number of all documents, once each.
    fn of_all(&self) -> Option<f64> {
        self.of(&(0..self.len()).collect::<Vec<_>>())
    }

    /// sacreBLEU's signature, which says how the number was computed.
    fn signature(&self) -> Option<String> {
        None
    }

    /// What each document contributes, where the number follows from sums over documents and
    /// the documents' own values do not already say it.
    fn sufficient(&self) -> Option<SufficientStatistics> {
        None
    }
}

impl Aggregation {
    /// Prepares the values of all scored documents, in document order.
    ///
    /// # Errors
    /// If the values are not of the kind that this aggregation joins, or if
    /// their labels are not; the message says which.
    pub fn prepare(self, values: &[&MetricValue]) -> Result<Box<dyn Statistic>, String> {
        Ok(match self {
            Self::Mean | Self::NanMean => Box::new(Mean(numbers(self, values)?)),
            Self::Median => Box::new(Median::new(&numbers(self, values)?)),
            Self::Perplexity => Box::new(Perplexity(numbers(self, values)?)),
            Self::WeightedPerplexity => {
                Box::new(Weighted { sums: sums(self, values)?, in_bits: false })
            }
            Self::BitsPerByte => Box::new(Weighted { sums: sums(self, values)?, in_bits: true }),
            Self::F1(Average::Binary) => Box::new(F1::binary(&labels(self, values)?)?),
            Self::F1(average) => Box::new(F1::averaged(&labels(self, values)?, average)),
            Self::MatthewsCorrcoef => Box::new(Correlation::new(&labels(self, values)?)),
            Self::BrierScore => Box::new(Brier::new(&pairs(self, values)?)?),
            Self::Bleu { tokenizer } => Box::new(bleu(&segments(self, values)?, tokenizer)?),
            Self::Chrf { word_order } => Box::new(chrf(&segments(self, values)?, word_order)),
            Self::Ter => Box::new(ter(&segments(self, values)?)),
            Self::Bypass => Box::new(Bypassed(values.len())),
        })
    }
}

/// Always 999, as upstream.
struct Bypassed(usize);

impl Statistic for Bypassed {
    fn len(&self) -> usize {
        self.0
    }

    fn of(&self, _: &[usize]) -> Option<f64> {
        Some(999.0)
    }
}

fn numbers(aggregation: Aggregation, values: &[&MetricValue]) -> Result<Vec<f64>, String> {
    let number = |value: &&MetricValue| {
        value.as_number().ok_or_else(|| mismatch(aggregation, "a number", value))
    };
    values.iter().map(number).collect()
}

fn sums(aggregation: Aggregation, values: &[&MetricValue]) -> Result<Vec<(f64, f64)>, String> {
    let sum = |value: &&MetricValue| match value {
        MetricValue::Weighted { sum, weight } => Ok((*sum, *weight)),
        other => Err(mismatch(aggregation, "a sum and its weight", other)),
    };
    values.iter().map(sum).collect()
}

/// Gold and prediction of each document.
pub(super) type Pairs<'a> = Vec<(&'a serde_json::Value, &'a serde_json::Value)>;

fn pairs<'a>(aggregation: Aggregation, values: &[&'a MetricValue]) -> Result<Pairs<'a>, String> {
    let pair = |value: &&'a MetricValue| match value {
        MetricValue::Pair { gold, prediction } => Ok((gold, prediction)),
        other => Err(mismatch(aggregation, "a gold label and a prediction", other)),
    };
    values.iter().map(pair).collect()
}

/// Labels as Python spells them; lists are none.
fn labels(
    aggregation: Aggregation,
    values: &[&MetricValue],
) -> Result<Vec<(String, String)>, String> {
    let pairs = pairs(aggregation, values)?;
    if pairs.iter().any(|(gold, prediction)| gold.is_array() || prediction.is_array()) {
        return Err(format!(
            "{aggregation:?} joins single labels, and a document has a list of them"
        ));
    }
    Ok(pairs.into_iter().map(|(gold, prediction)| (repr(gold), repr(prediction))).collect())
}

fn segments(aggregation: Aggregation, values: &[&MetricValue]) -> Result<Segments, String> {
    Segments::new(&pairs(aggregation, values)?)
}

fn mismatch(aggregation: Aggregation, wanted: &str, value: &MetricValue) -> String {
    let got = match value {
        MetricValue::Number(_) => "a number",
        MetricValue::Weighted { .. } => "a sum and its weight",
        MetricValue::Pair { .. } => "a gold label and a prediction",
        MetricValue::Unscored { .. } => "no score",
    };
    format!("{aggregation:?} joins documents that each have {wanted}, and this metric gives {got}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_joined_says_why() {
        let pair = MetricValue::Pair { gold: json!(0), prediction: json!([-1.0]) };
        let error = Aggregation::Mean.prepare(&[&pair]).err().unwrap();
        assert_eq!(
            error,
            "Mean joins documents that each have a number, and this metric gives a gold label and a prediction"
        );
        let list = MetricValue::Pair { gold: json!([0, 1]), prediction: json!(0) };
        assert!(Aggregation::MatthewsCorrcoef.prepare(&[&list]).err().unwrap().contains("list"));
    }

    #[test]
    fn bypass_is_999() {
        let value = MetricValue::Number(0.0);
        assert_eq!(Aggregation::Bypass.prepare(&[&value]).unwrap().of_all(), Some(999.0));
    }
}
