//! Gold and predicted classes, counted.

use std::collections::BTreeSet;

use harness_metrics::scores::{Formula, SufficientStatistics};

/// Classes of all documents, by name.
pub(super) struct Classes {
    /// The classes that are counted, sorted.
    pub(super) names: Vec<String>,
    /// Gold and prediction of each document, as places in `names`; `None` for a class that is
    /// not counted.
    pub(super) pairs: Vec<(Option<usize>, Option<usize>)>,
}

impl Classes {
    /// Counts every class that occurs.
    pub(super) fn new(labels: &[(String, String)]) -> Self {
        let both = labels.iter().flat_map(|(gold, predicted)| [gold, predicted]);
        let names: Vec<String> = both.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let place = |label: &String| names.binary_search(label).ok();
        let pairs = labels.iter().map(|(gold, guess)| (place(gold), place(guess))).collect();
        Self { names, pairs }
    }

    /// Counts this class only, whether or not it occurs.
    pub(super) fn keep(&mut self, name: &str) {
        let kept = self.names.iter().position(|other| other == name);
        let place = |class: &mut Option<usize>| {
            *class = class.filter(|class| Some(*class) == kept).map(|_| 0);
        };
        self.pairs.iter_mut().for_each(|(gold, predicted)| {
            place(gold);
            place(predicted);
        });
        self.names = vec![name.to_owned()];
    }

    /// `[gold, predicted, both]` of each class over these documents.
    pub(super) fn counts(&self, chosen: &[usize]) -> Vec<f64> {
        let mut counts = vec![0.0; 3 * self.names.len()];
        for &document in chosen {
            let (gold, predicted) = self.pairs[document];
            gold.into_iter().for_each(|class| counts[3 * class] += 1.0);
            predicted.into_iter().for_each(|class| counts[3 * class + 1] += 1.0);
            let both = gold.filter(|_| gold == predicted);
            both.into_iter().for_each(|class| counts[3 * class + 2] += 1.0);
        }
        counts
    }

    /// The counts of each document by itself.
    pub(super) fn sufficient(&self, formula: Formula) -> SufficientStatistics {
        let rows = (0..self.pairs.len()).map(|document| self.counts(&[document])).collect();
        SufficientStatistics { formula, classes: self.names.clone(), rows }
    }
}
