//! The Brier score of probabilities.

use harness_metrics::scores::{Formula, SufficientStatistics};
use serde_json::Value;

use super::Statistic;
use super::mean::mean;
use super::prepare::Pairs;

/// Each document's squared distance from certainty of the gold choice.
pub(super) struct Brier(Vec<f64>);

impl Brier {
    /// All documents need the same number of choices, as upstream does, and
    /// a gold answer among them.
    pub(super) fn new(pairs: &Pairs<'_>) -> Result<Self, String> {
        let distances: Vec<(usize, f64)> = pairs
            .iter()
            .map(|(gold, probabilities)| distance(gold, probabilities))
            .collect::<Result<_, _>>()?;
        let choices = distances.first().map_or(0, |(choices, _)| *choices);
        match distances.iter().find(|(other, _)| *other != choices) {
            None => Ok(Self(distances.into_iter().map(|(_, distance)| distance).collect())),
            Some((other, _)) => Err(format!(
                "the Brier score needs as many choices in every document, and there are {choices} and {other}"
            )),
        }
    }
}

/// The number of choices and the sum of squared differences.
fn distance(gold: &Value, probabilities: &Value) -> Result<(usize, f64), String> {
    let list = probabilities.as_array().ok_or("the Brier score needs a list of probabilities")?;
    let gold =
        gold.as_u64().and_then(|gold| usize::try_from(gold).ok()).filter(|&gold| gold < list.len());
    let gold =
        gold.ok_or("the Brier score needs one gold answer among the choices in every document")?;
    let square = |(index, probability): (usize, &Value)| {
        let certain = f64::from(u8::from(index == gold));
        (probability.as_f64().unwrap_or(0.0) - certain).powi(2)
    };
    Ok((list.len(), list.iter().enumerate().map(square).sum()))
}

impl Statistic for Brier {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        mean(chosen.iter().map(|&index| self.0[index]))
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        let rows = self.0.iter().map(|distance| vec![*distance, 1.0]).collect();
        Some(SufficientStatistics { formula: Formula::Mean, classes: Vec::new(), rows })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn certainty_costs_nothing_and_error_two() {
        let pairs = [
            (json!(0), json!([1.0, 0.0])),
            (json!(1), json!([1.0, 0.0])),
            (json!(0), json!([0.5, 0.5])),
        ];
        let brier = Brier::new(&pairs.iter().map(|(gold, list)| (gold, list)).collect()).unwrap();
        assert_eq!(brier.0, [0.0, 2.0, 0.5]);
        assert_eq!(brier.of(&[0, 2]), Some(0.25));
    }

    #[test]
    fn absent_gold_and_uneven_choices_are_refused() {
        let refuse = |pairs: &[(Value, Value)]| {
            Brier::new(&pairs.iter().map(|(gold, list)| (gold, list)).collect()).err().unwrap()
        };
        assert!(refuse(&[(json!(-100), json!([1.0]))]).contains("among the choices"));
        assert!(
            refuse(&[(json!(0), json!([1.0])), (json!(0), json!([0.5, 0.5]))]).contains("1 and 2")
        );
    }
}
