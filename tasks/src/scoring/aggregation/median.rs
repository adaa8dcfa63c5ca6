//! The upper median.

use super::Statistic;

/// The numbers of all documents, sorted, and where each document stands.
pub(super) struct Median {
    sorted: Vec<f64>,
    rank: Vec<usize>,
}

impl Median {
    pub(super) fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut rank = vec![0; values.len()];
        for (position, &document) in order.iter().enumerate() {
            rank[document] = position;
        }
        Self { sorted: order.into_iter().map(|document| values[document]).collect(), rank }
    }
}

impl Statistic for Median {
    fn len(&self) -> usize {
        self.sorted.len()
    }

    /// `sorted(values)[n // 2]`, by selection among ranks.
    fn of(&self, chosen: &[usize]) -> Option<f64> {
        let mut ranks: Vec<usize> = chosen.iter().map(|&index| self.rank[index]).collect();
        if ranks.is_empty() {
            return None;
        }
        let middle = ranks.len() / 2;
        let (_, rank, _) = ranks.select_nth_unstable(middle);
        Some(self.sorted[*rank])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_of_two_middles() {
        let median = Median::new(&[3.0, -1.0, 2.0, 10.0]);
        assert_eq!(median.of_all(), Some(3.0));
        assert_eq!(median.of(&[1, 1, 3]), Some(-1.0));
        assert_eq!(median.of(&[]), None);
    }
}
