//! Which documents belong together.

use std::collections::HashMap;

/// A partition of documents 0..n into clusters 0..c, numbered by first appearance.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Clusters {
    members: Vec<Vec<usize>>,
    documents: usize,
}

impl Clusters {
    /// Documents of equal label belong together.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        let mut clusters = Self::default();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (document, label) in labels.into_iter().enumerate() {
            let next = clusters.members.len();
            let number = *numbers.entry(label).or_insert(next);
            if number == next {
                clusters.members.push(Vec::new());
            }
            clusters.members[number].push(document);
            clusters.documents += 1;
        }
        clusters
    }

    /// Every document by itself.
    #[must_use]
    pub fn singletons(documents: usize) -> Self {
        Self { members: (0..documents).map(|document| vec![document]).collect(), documents }
    }

    /// Number of clusters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// Documents of each cluster, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.members.iter().map(Vec::as_slice)
    }

    /// The clusters of the documents that `keep` marks, which are numbered anew in their order.
    #[must_use]
    pub fn subset(&self, keep: &[bool]) -> Self {
        let mut number = vec![None; self.documents];
        let kept = (0..self.documents).filter(|&document| keep.get(document) == Some(&true));
        kept.enumerate().for_each(|(new, old)| number[old] = Some(new));
        let renamed = |documents: &[usize]| -> Vec<usize> {
            documents.iter().filter_map(|&document| number[document]).collect()
        };
        let mut members: Vec<Vec<usize>> = self.iter().map(renamed).collect();
        members.retain(|documents| !documents.is_empty());
        Self { members, documents: number.iter().flatten().count() }
    }

    /// Sum of `values` over each cluster's documents, `[clusters]`. Documents beyond the end of
    /// `values` count as 0.
    #[must_use]
    pub fn sums(&self, values: &[f64]) -> Vec<f64> {
        self.iter().map(|documents| documents.iter().filter_map(|&d| values.get(d)).sum()).collect()
    }

    /// Documents in each cluster, `[clusters]`.
    #[must_use]
    pub fn sizes(&self) -> Vec<f64> {
        self.iter().map(|documents| documents.len() as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_number_clusters_by_first_appearance() {
        let clusters = Clusters::from_labels(["b", "a", "b", "c"]);
        assert_eq!(clusters.iter().collect::<Vec<_>>(), [&[0, 2][..], &[1], &[3]]);
        assert_eq!((clusters.len(), clusters.documents()), (3, 4));
        assert_eq!(clusters.sums(&[1.0, 2.0, 4.0, 8.0]), [5.0, 2.0, 8.0]);
        assert_eq!(clusters.sizes(), [2.0, 1.0, 1.0]);
    }

    #[test]
    fn a_subset_keeps_who_belongs_together() {
        let clusters = Clusters::from_labels(["b", "a", "b", "c"]);
        let expected = Clusters::from_labels(["b", "b", "c"]);
        assert_eq!(clusters.subset(&[true, false, true, true]), expected);
        assert!(clusters.subset(&[]).is_empty());
    }

    #[test]
    fn distinct_labels_are_singletons() {
        assert_eq!(Clusters::from_labels(["x", "y"]), Clusters::singletons(2));
        assert!(Clusters::from_labels([]).is_empty());
    }
}
