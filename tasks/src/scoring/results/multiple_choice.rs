//! The most probable of several continuations.

use serde_json::{Value, json};

use super::super::key::Gold;
use super::super::metrics::{Metric, MetricPlan};
use super::super::{AnswerKey, Unscored};
use super::argmax::argmax;
use super::{Likelihood, Values};
use crate::score::MetricValue;

/// lm-evaluation-harness's label for a gold answer that is not among the choices.
const ABSENT: i64 = -100;

/// The responses of one document, beside what they are compared to.
struct Choices<'a> {
    texts: &'a [String],
    gold: Gold,
    log_probs: Vec<f64>,
    greedy: Vec<bool>,
    /// Without the context; empty unless asked for.
    unconditional: Vec<f64>,
}

/// The metrics of a document, and how many choices tied with the one taken.
///
/// `responses` are one a choice, and then, for `acc_mutual_info`, one a
/// choice without its context.
pub(in super::super) fn score_choices(
    plans: &[MetricPlan],
    key: &AnswerKey<'_>,
    responses: &[Likelihood],
) -> (Values, usize) {
    let texts = key.choices.as_deref().unwrap_or(&[]);
    let (conditional, unconditional) = responses.split_at(texts.len().min(responses.len()));
    let choices = Choices {
        texts,
        gold: key.gold(),
        log_probs: conditional.iter().map(|response| response.log_prob).collect(),
        greedy: conditional.iter().map(|response| response.is_greedy).collect(),
        unconditional: unconditional.iter().map(|response| response.log_prob).collect(),
    };
    let ties = argmax(&choices.log_probs).map_or(0, |best| best.ties);
    let value = |plan: &MetricPlan| choices.value(&plan.metric);
    let values = plans.iter().filter_map(|plan| Some((plan.name.clone(), value(plan)?)));
    (values.collect(), ties)
}

impl Choices<'_> {
    /// `None` for a metric that multiple choice has no value for.
    fn value(&self, metric: &Metric) -> Option<MetricValue> {
        let value = match metric {
            Metric::Acc => self.right(&self.log_probs),
            Metric::AccNorm => self.right(&self.per(|text| text.chars().count())),
            Metric::AccBytes => self.right(&self.per(str::len)),
            Metric::AccMutualInfo => self.right(&self.above_unconditional()),
            Metric::ExactMatch(_) => {
                argmax(&self.log_probs).map(|_| MetricValue::right(self.gold_is_greedy()))
            }
            Metric::Labels => self.labels(),
            Metric::Probabilities => self.probabilities(),
            Metric::LogLikelihoods => {
                argmax(&self.log_probs).map(|_| self.pair(json!(self.log_probs)))
            }
            _ => return None,
        };
        Some(value.unwrap_or_else(|reason| MetricValue::unscored(reason.0)))
    }

    /// Whether the highest of `values` belongs to a right choice. A gold
    /// answer that is not among the choices makes every choice wrong.
    fn right(&self, values: &[f64]) -> Result<MetricValue, Unscored> {
        let best = argmax(values)?;
        Ok(MetricValue::right(self.gold.choices.contains(&best.index)))
    }

    /// Log-likelihoods by the length of the choices. An empty choice divides
    /// by zero: it is minus infinity and never taken, or, being certain, NaN
    /// and the document unscored.
    fn per(&self, length: impl Fn(&str) -> usize) -> Vec<f64> {
        let lengths = self.texts.iter().map(|text| length(text) as f64);
        self.log_probs.iter().zip(lengths).map(|(log_prob, length)| log_prob / length).collect()
    }

    fn above_unconditional(&self) -> Vec<f64> {
        let pairs = self.log_probs.iter().zip(&self.unconditional);
        pairs.map(|(conditional, unconditional)| conditional - unconditional).collect()
    }

    fn gold_is_greedy(&self) -> bool {
        self.gold.choices.iter().any(|&index| self.greedy[index])
    }

    /// The gold label as the pair metrics take it; a list if the key was one.
    fn gold_label(&self) -> Value {
        if self.gold.is_list {
            return json!(self.gold.choices);
        }
        self.gold.choices.first().map_or(json!(ABSENT), |&index| json!(index))
    }

    fn pair(&self, prediction: Value) -> MetricValue {
        MetricValue::Pair { gold: self.gold_label(), prediction }
    }

    fn labels(&self) -> Result<MetricValue, Unscored> {
        Ok(self.pair(json!(argmax(&self.log_probs)?.index)))
    }

    /// Softmax of the log-likelihoods.
    fn probabilities(&self) -> Result<MetricValue, Unscored> {
        let highest = self.log_probs[argmax(&self.log_probs)?.index];
        let weights: Vec<f64> =
            self.log_probs.iter().map(|log_prob| (log_prob - highest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        Ok(self.pair(weights.iter().map(|weight| weight / sum).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Doc;

    fn plans() -> Vec<MetricPlan> {
        let names =
            ["acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "f1", "brier_score"];
        let plan = |name: &str| {
            let entry = Metric::registered(name).unwrap();
            let metric = entry.make(&serde_json::Map::new()).unwrap();
            MetricPlan { metric, ..MetricPlan::given(name) }
        };
        names.into_iter().map(plan).collect()
    }

    fn score(target: Value, choices: &[&str], log_probs: &[f64]) -> (Values, usize) {
        let doc = Doc::new(0, serde_json::Map::new());
        let choices = Some(choices.iter().map(|&choice| choice.to_owned()).collect());
        let key = AnswerKey { doc: &doc, target, choices, input: None };
        let responses: Vec<Likelihood> = log_probs
            .iter()
            .map(|&log_prob| Likelihood { log_prob, is_greedy: log_prob > -1.5 })
            .collect();
        score_choices(&plans(), &key, &responses)
    }

    fn numbers(values: &Values) -> Vec<Option<f64>> {
        values.values().map(MetricValue::as_number).collect()
    }

    #[test]
    fn each_norm_takes_its_own_best_choice() {
        // A letter of one byte, two letters of two bytes each, a letter of three bytes.
        let log_probs = [-2.0, -3.0, -4.0, -1.0, -4.0, -9.0];
        let (values, ties) = score(json!(1), &["a", "שם", "語"], &log_probs);
        assert_eq!(numbers(&values)[..5], [Some(0.0), Some(1.0), Some(1.0), Some(0.0), Some(0.0)]);
        assert_eq!(values["f1"], MetricValue::Pair { gold: json!(1), prediction: json!(0) });
        assert_eq!(ties, 0);
        let (values, _) = score(json!("語"), &["a", "שם", "語"], &log_probs);
        assert_eq!(values["acc_mutual_info"].as_number(), Some(1.0));
    }

    #[test]
    fn any_of_several_gold_answers_is_right() {
        let (values, ties) =
            score(json!([2, 0]), &["a", "b", "c"], &[-1.0, -1.0, -2.0, -1.0, -1.0, -1.0]);
        assert_eq!(numbers(&values)[..5], [Some(1.0); 5]);
        assert_eq!(ties, 1);
    }

    #[test]
    fn gold_beyond_the_choices_is_wrong() {
        let (values, _) = score(json!(5), &["a", "b"], &[-1.0, -2.0, -1.0, -1.0]);
        assert_eq!(numbers(&values)[..5], [Some(0.0); 5]);
        assert_eq!(values["f1"], MetricValue::Pair { gold: json!(-100), prediction: json!(0) });
    }

    #[test]
    fn nan_is_neither_right_nor_wrong() {
        let (values, _) = score(json!(0), &["a", "b"], &[f64::NAN, -1.0, -1.0, -1.0]);
        assert!(values.values().all(|value| value.unscored_reason() == Some("nan")), "{values:?}");
        let (values, _) = score(json!(0), &["a", "b"], &[f64::NEG_INFINITY; 4]);
        assert!(values.values().all(|value| value.unscored_reason().is_some()), "{values:?}");
    }

    #[test]
    fn an_empty_choice_is_never_taken_unless_certain() {
        let (values, _) = score(json!(1), &["", "b"], &[-1.0, -20.0, -1.0, -1.0]);
        assert_eq!(values["acc"].as_number(), Some(0.0));
        assert_eq!(values["acc_norm"].as_number(), Some(1.0));
        let (values, _) = score(json!(1), &["", "b"], &[0.0, -20.0, -1.0, -1.0]);
        assert_eq!(values["acc_norm"].unscored_reason(), Some("nan"));
    }

    #[test]
    fn probabilities_sum_to_one() {
        let (values, _) = score(json!(0), &["a", "b"], &[-1000.0, -1000.0, -1.0, -1.0]);
        assert_eq!(
            values["brier_score"],
            MetricValue::Pair { gold: json!(0), prediction: json!([0.5, 0.5]) }
        );
    }
}
