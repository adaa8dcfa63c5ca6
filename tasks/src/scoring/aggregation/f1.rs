//! F1 of labels, as scikit-learn's `f1_score`.

use std::collections::BTreeSet;

use super::{Average, Statistic};

/// The label that binary F1 is of.
const POSITIVE: &str = "1";

/// Gold and predicted classes of all documents.
pub(super) struct F1 {
    pairs: Vec<(usize, usize)>,
    classes: usize,
    /// The class that binary F1 is of; `None` averages over classes.
    positive: Option<usize>,
    average: Average,
}

/// Of one class: gold, predicted and both.
#[derive(Clone, Copy, Default)]
struct Counts {
    gold: usize,
    predicted: usize,
    both: usize,
}

impl Counts {
    /// 0 where the class occurs nowhere, as `zero_division="warn"`.
    fn f1(self) -> f64 {
        let total = self.gold + self.predicted;
        if total == 0 { 0.0 } else { 2.0 * self.both as f64 / total as f64 }
    }
}

impl F1 {
    /// F1 of class 1. scikit-learn refuses more than two classes, and two of
    /// which none is 1.
    pub(super) fn binary(labels: &[(String, String)]) -> Result<Self, String> {
        let (pairs, names) = encode(labels);
        let positive = names.iter().position(|name| *name == POSITIVE);
        if names.len() > 2 || (names.len() == 2 && positive.is_none()) {
            let names = names.join(", ");
            return Err(format!(
                "binary f1 is of two classes, one of them 1, and the labels are {names}; \
                 use `aggregation: !function f1.macro_f1` for several"
            ));
        }
        // Without a positive class every count is zero: a class of its own.
        let positive = Some(positive.unwrap_or(names.len()));
        Ok(Self { pairs, classes: names.len() + 1, positive, average: Average::Binary })
    }

    pub(super) fn averaged(labels: &[(String, String)], average: Average) -> Self {
        let (pairs, names) = encode(labels);
        Self { pairs, classes: names.len(), positive: None, average }
    }

    fn counts(&self, chosen: &[usize]) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.classes];
        for &index in chosen {
            let (gold, predicted) = self.pairs[index];
            counts[gold].gold += 1;
            counts[predicted].predicted += 1;
            counts[gold].both += usize::from(gold == predicted);
        }
        counts
    }
}

impl Statistic for F1 {
    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        let counts = self.counts(chosen);
        if let Some(positive) = self.positive {
            return Some(counts[positive].f1());
        }
        let present: Vec<Counts> =
            counts.into_iter().filter(|class| class.gold + class.predicted > 0).collect();
        if present.is_empty() {
            return None;
        }
        let total = chosen.len() as f64;
        Some(match self.average {
            Average::Macro => {
                present.iter().map(|class| class.f1()).sum::<f64>() / present.len() as f64
            }
            Average::Weighted => {
                present.iter().map(|class| class.f1() * class.gold as f64).sum::<f64>() / total
            }
            Average::Micro | Average::Binary => {
                present.iter().map(|class| class.both as f64).sum::<f64>() / total
            }
        })
    }
}

/// Labels as positions in the sorted list of all that occur.
pub(super) fn encode(labels: &[(String, String)]) -> (Vec<(usize, usize)>, Vec<&str>) {
    let both = labels.iter().flat_map(|(gold, predicted)| [gold.as_str(), predicted.as_str()]);
    let names: Vec<&str> = both.collect::<BTreeSet<_>>().into_iter().collect();
    // Every label is in the list, which is sorted.
    let class = |label: &str| names.binary_search(&label).unwrap_or(0);
    let pairs = labels.iter().map(|(gold, predicted)| (class(gold), class(predicted))).collect();
    (pairs, names)
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
