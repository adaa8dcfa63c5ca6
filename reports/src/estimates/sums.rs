//! Scores that follow from sums over documents.

use harness_metrics::scores::Formula;

use super::{DocumentValue, EstimateRow, ScoredDocument, TaskScores};
use crate::manifest::MetricName;

/// The formula by which the documents' rows make up the metric's value; `None` where they do not.
pub(crate) fn formula(row: &EstimateRow, scores: &TaskScores) -> Option<Formula> {
    let name = MetricName { metric: row.metric.clone(), filter: row.filter.clone() };
    let documents = scores.of(&name);
    let formula = match &documents.first()?.value {
        DocumentValue::Number(_) => Formula::Mean,
        // Records made before statistics were kept name no formula.
        DocumentValue::Weighted { .. } if row.metric == "bits_per_byte" => Formula::BitsPerByte,
        DocumentValue::Weighted { .. } => Formula::Perplexity,
        DocumentValue::Corpus(_) => scores.shape(&name)?.formula,
    };
    let found = formula.of(&total(documents)?)?;
    same(found, row.value?).then_some(formula)
}

/// A document's row; `None` for part of a corpus metric of which the record does not say what it
/// contributes.
pub(crate) fn sums(value: &DocumentValue) -> Option<Vec<f64>> {
    match value {
        DocumentValue::Number(number) => Some(vec![*number, 1.0]),
        DocumentValue::Weighted { sum, weight } => Some(vec![*sum, *weight]),
        DocumentValue::Corpus(row) => row.as_deref().map(<[f64]>::to_vec),
    }
}

/// Sums over documents whose values are of one kind.
fn total(documents: &[ScoredDocument]) -> Option<Vec<f64>> {
    let kind = std::mem::discriminant(&documents.first()?.value);
    let mut total: Vec<f64> = Vec::new();
    for scored in documents {
        let row = sums(&scored.value).filter(|_| std::mem::discriminant(&scored.value) == kind)?;
        total.resize(row.len(), 0.0);
        total.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
    }
    Some(total)
}

/// Whether a value made of documents is the one that was recorded.
pub(crate) fn same(found: f64, value: f64) -> bool {
    (found - value).abs() <= 1e-6 * value.abs().max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn row(task: &str) -> EstimateRow {
        testing::outcome("base", task, 6).estimates.remove(0)
    }

    fn scores(task: &str) -> TaskScores {
        let mut scores = TaskScores::default();
        (0..6).for_each(|id| scores.add(&testing::document("base", task, id)));
        scores
    }

    #[test]
    fn kinds_of_values_have_their_formulas() {
        let of = |task| formula(&row(task), &scores(task));
        assert_eq!(of("heb_snli"), Some(Formula::Mean));
        assert_eq!(of("probe_he"), Some(Formula::BitsPerByte));
        let other = EstimateRow { value: Some(0.9), ..row("heb_snli") };
        assert_eq!(formula(&other, &scores("heb_snli")), None, "another value");
    }

    #[test]
    fn corpus_metrics_need_their_statistics() {
        let (row, mut scores) = testing::bleu(6);
        assert_eq!(formula(&row, &scores), None, "an older record");
        scores.join(testing::bleu_statistics(6));
        assert_eq!(formula(&row, &scores), Some(Formula::Bleu));
    }
}
