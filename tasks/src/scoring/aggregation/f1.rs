//! F1 of labels, as scikit-learn's `f1_score`.

use harness_metrics::scores::{Formula, SufficientStatistics};

use super::classes::Classes;
use super::{Average, Statistic};

/// The label that binary F1 is of.
const POSITIVE: &str = "1";

/// Gold and predicted classes of all documents.
pub(super) struct F1 {
    classes: Classes,
    formula: Formula,
}

impl F1 {
    /// F1 of class 1. scikit-learn refuses more than two classes, and two of
    /// which none is 1.
    pub(super) fn binary(labels: &[(String, String)]) -> Result<Self, String> {
        let mut classes = Classes::new(labels);
        let names = &classes.names;
        let has_positive = names.iter().any(|name| name == POSITIVE);
        if names.len() > 2 || (names.len() == 2 && !has_positive) {
            let names = names.join(", ");
            return Err(format!(
                "binary f1 is of two classes, one of them 1, and the labels are {names}; \
                 use `aggregation: !function f1.macro_f1` for several"
            ));
        }
        classes.keep(POSITIVE);
        Ok(Self { classes, formula: Formula::F1 })
    }

    pub(super) fn averaged(labels: &[(String, String)], average: Average) -> Self {
        let formula = match average {
            Average::Binary => Formula::F1,
            Average::Macro => Formula::MacroF1,
            Average::Weighted => Formula::WeightedF1,
            Average::Micro => Formula::MicroF1,
        };
        Self { classes: Classes::new(labels), formula }
    }
}

impl Statistic for F1 {
    fn len(&self) -> usize {
        self.classes.pairs.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        self.formula.of(&self.classes.counts(chosen))
    }

    fn sufficient(&self) -> Option<SufficientStatistics> {
        Some(self.classes.sufficient(self.formula))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(i32, i32)]) -> Vec<(String, String)> {
        pairs.iter().map(|(gold, predicted)| (gold.to_string(), predicted.to_string())).collect()
    }

    #[test]
    fn binary_is_of_class_one() {
        let f1 = F1::binary(&labels(&[(1, 1), (1, 0), (0, 1), (0, 0), (1, 1)])).unwrap();
        assert!((f1.of_all().unwrap() - 4.0 / 6.0).abs() < 1e-12);
        assert_eq!(f1.of(&[3, 3]), Some(0.0));
        assert_eq!(F1::binary(&labels(&[(0, 0)])).unwrap().of_all(), Some(0.0));
        assert_eq!(F1::binary(&labels(&[(1, 1)])).unwrap().of_all(), Some(1.0));
    }

    #[test]
    fn what_scikit_learn_refuses_is_refused() {
        assert!(F1::binary(&labels(&[(0, 1), (2, 1)])).err().unwrap().contains("0, 1, 2"));
        assert!(F1::binary(&labels(&[(0, 2)])).is_err());
        assert!(F1::binary(&labels(&[(-100, 0), (1, 1)])).is_err());
    }

    /// Values of scikit-learn's `f1_score(golds, predictions, average=...)`.
    #[test]
    fn averages_over_classes() {
        let pairs = labels(&[(0, 0), (0, 1), (1, 1), (2, 1), (2, 2), (2, 2)]);
        let of = |average| F1::averaged(&pairs, average).of_all().unwrap();
        assert!((of(Average::Macro) - (2.0 / 3.0 + 0.5 + 0.8) / 3.0).abs() < 1e-12);
        assert!((of(Average::Weighted) - (2.0 / 3.0 * 2.0 + 0.5 + 0.8 * 3.0) / 6.0).abs() < 1e-12);
        assert!((of(Average::Micro) - 4.0 / 6.0).abs() < 1e-12);
    }
}
