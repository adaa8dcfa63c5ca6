//! Whether the busiest experts of two loads are the same ones.

/// How many of the `k` busiest experts two loads have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overlap {
    /// Experts among the `k` busiest of both.
    pub common: usize,
    /// Experts looked at on each side, at most the number of experts.
    pub k: usize,
}

impl Overlap {
    /// Common experts as a share of `k`, in [0, 1]; `None` for k = 0.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.k > 0).then(|| self.common as f64 / self.k as f64)
    }

    /// Intersection over union, in [0, 1]; `None` for k = 0.
    #[must_use]
    pub fn jaccard(&self) -> Option<f64> {
        (self.k > 0).then(|| self.common as f64 / (2 * self.k - self.common) as f64)
    }
}

/// Overlap of the `k` busiest experts. Among equal loads the lower index is the busier one.
/// `None` when the lengths differ.
#[must_use]
pub fn top_k(a: &[f64], b: &[f64], k: usize) -> Option<Overlap> {
    (a.len() == b.len()).then(|| {
        let (ours, theirs) = (busiest(a, k), busiest(b, k));
        Overlap {
            common: ours.iter().filter(|expert| theirs.contains(expert)).count(),
            k: ours.len(),
        }
    })
}

/// The `k` busiest experts, busiest first; among equal loads the lower index comes first.
#[must_use]
pub fn busiest(load: &[f64], k: usize) -> Vec<usize> {
    let mut experts: Vec<usize> = (0..load.len()).collect();
    experts.sort_by(|&i, &j| load[j].total_cmp(&load[i]).then(i.cmp(&j)));
    experts.truncate(k);
    experts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_index() {
        assert_eq!(busiest(&[1.0, 2.0, 1.0, 1.0], 2), [1, 0]);
        let overlap = top_k(&[1.0, 1.0, 1.0, 1.0], &[0.0, 1.0, 1.0, 0.0], 2).unwrap();
        assert_eq!(overlap, Overlap { common: 1, k: 2 });
        assert_eq!((overlap.share(), overlap.jaccard()), (Some(0.5), Some(1.0 / 3.0)));
    }

    #[test]
    fn more_than_all_experts_is_all_experts() {
        let overlap = top_k(&[1.0, 0.0], &[0.0, 1.0], 9).unwrap();
        assert_eq!((overlap.k, overlap.share()), (2, Some(1.0)));
        assert_eq!(top_k(&[], &[], 3).unwrap().share(), None);
        assert_eq!(top_k(&[1.0], &[], 3), None);
    }
}
