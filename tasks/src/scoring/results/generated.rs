//! Generated text.

use serde_json::Value;

use super::super::functions::MetricFunction;
use super::super::metrics::{Metric, MetricPlan};
use super::super::{AnswerKey, Unscored};
use super::Values;
use crate::python::repr::to_str;
use crate::score::MetricValue;

/// The metrics of a generated answer, which is a text, or a list of them
/// where no filter took one.
///
/// Several references: a match with any counts for `exact_match`, the best
/// for a function of texts, and all go into BLEU, chrF and TER.
/// lm-evaluation-harness turns every such number into 0 or 1.
pub(in super::super) fn score_generated(
    plans: &[MetricPlan],
    key: &AnswerKey<'_>,
    answer: &Value,
) -> Values {
    let references = key.references();
    let value = |plan: &MetricPlan| match &plan.metric {
        Metric::ExactMatch(metric) => {
            Some(metric.score(&references, answer).map(MetricValue::number))
        }
        Metric::Function(function) => Some(of_function(function, &references, answer)),
        Metric::Given => None,
        _ => Some(Ok(pair(&references, answer))),
    };
    let unscored = |reason: Unscored| MetricValue::unscored(reason.0);
    plans
        .iter()
        .filter_map(|plan| Some((plan.name.clone(), value(plan)?.unwrap_or_else(unscored))))
        .collect()
}

fn of_function(
    function: &MetricFunction,
    references: &[String],
    answer: &Value,
) -> Result<MetricValue, Unscored> {
    let Some(score) = function.score else {
        return Ok(pair(references, answer));
    };
    match answer {
        Value::Array(_) => Err(Unscored::new("several answers; end the filters with take_first")),
        one => score(references, &to_str(one)).map(MetricValue::number),
    }
}

/// References and answer as they are, for the metrics of the corpus.
fn pair(references: &[String], answer: &Value) -> MetricValue {
    let gold = match references {
        [one] => Value::from(one.as_str()),
        several => Value::from(several),
    };
    MetricValue::Pair { gold, prediction: answer.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Doc;
    use crate::scoring::functions;
    use crate::scoring::metrics::exact_match::ExactMatch;

    fn score(target: Value, answer: &Value) -> Values {
        let doc = Doc::new(0, serde_json::Map::new());
        let key = AnswerKey { doc: &doc, target, choices: None, input: None };
        let plan = |name: &str, metric: Metric| MetricPlan { metric, ..MetricPlan::given(name) };
        let plans = [
            plan("exact_match", Metric::ExactMatch(ExactMatch::default())),
            plan("tlnls", Metric::Function(functions::metric("tlnls.tlnls").unwrap())),
            plan("bleu", Metric::Texts),
        ];
        score_generated(&plans, &key, answer)
    }

    #[test]
    fn one_reference_is_text_and_numbers_are_spelt() {
        let values = score(json!(18), &json!("18"));
        assert_eq!(values["exact_match"].as_number(), Some(1.0));
        assert_eq!(
            values["bleu"],
            MetricValue::Pair { gold: json!("18"), prediction: json!("18") }
        );
    }

    #[test]
    fn several_references_take_the_best() {
        let values = score(json!(["בית ספר", "בית"]), &json!("בית"));
        assert_eq!(values["exact_match"].as_number(), Some(1.0));
        assert_eq!(values["tlnls"].as_number(), Some(1.0));
        assert_eq!(
            values["bleu"],
            MetricValue::Pair {
                gold: json!(["בית ספר", "בית"]), prediction: json!("בית")
            }
        );
    }

    #[test]
    fn a_function_needs_one_answer() {
        let values = score(json!("a"), &json!(["a", "b"]));
        assert_eq!(values["exact_match"].as_number(), Some(0.5));
        assert!(values["tlnls"].unscored_reason().unwrap().contains("take_first"));
    }
}
