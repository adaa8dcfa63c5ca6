//! A text's log-likelihood over its words and bytes.

use super::super::metrics::{Metric, MetricPlan};
use super::Values;
use crate::python::text::is_space;
use crate::score::MetricValue;

/// `word_perplexity`, `byte_perplexity` and `bits_per_byte` of a text.
pub(in super::super) fn score_rolling(plans: &[MetricPlan], text: &str, log_prob: f64) -> Values {
    let value = |plan: &MetricPlan| match plan.metric {
        Metric::PerWord => Some(MetricValue::weighted(log_prob, words(text) as f64)),
        Metric::PerByte => Some(MetricValue::weighted(log_prob, text.len() as f64)),
        _ => None,
    };
    plans.iter().filter_map(|plan| Some((plan.name.clone(), value(plan)?))).collect()
}

/// `len(re.split(r"\s+", text))`: one more than there are runs of white
/// space, so that white space at an end counts as a word.
fn words(text: &str) -> usize {
    let mut runs = 0;
    let mut in_run = false;
    for c in text.chars() {
        let space = is_space(c);
        runs += usize::from(space && !in_run);
        in_run = space;
    }
    runs + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_a_split_counts_them() {
        assert_eq!(words("one two"), 2);
        assert_eq!(words(" one\u{3000}\n two "), 4);
        assert_eq!(words("a\u{1c}b"), 2);
        assert_eq!(words(""), 1);
    }

    #[test]
    fn an_impossible_text_is_unscored() {
        let plans = [MetricPlan { metric: Metric::PerByte, ..MetricPlan::given("bits_per_byte") }];
        let values = score_rolling(&plans, "שלום", -8.0);
        assert_eq!(values["bits_per_byte"], MetricValue::Weighted { sum: -8.0, weight: 8.0 });
        let values = score_rolling(&plans, "שלום", f64::NEG_INFINITY);
        assert_eq!(values["bits_per_byte"].unscored_reason(), Some("infinite"));
    }
}
