//! The mean.

use super::Statistic;

/// The numbers of all documents.
pub(super) struct Mean(pub(super) Vec<f64>);

impl Statistic for Mean {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn of(&self, chosen: &[usize]) -> Option<f64> {
        mean(chosen.iter().map(|&index| self.0[index]))
    }
}

/// The sum in order over the count; `None` of nothing.
pub(super) fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}
