//! What each document contributes to a corpus metric.

use serde::{Deserialize, Serialize};

use super::Formula;
use super::formula::add;

/// The sufficient statistics of a corpus metric: a row of numbers for each document, and the
/// formula that makes a score of their sums. The score of any choice of documents follows without
/// their texts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SufficientStatistics {
    /// From sums to the score.
    pub formula: Formula,
    /// For formulas over classes, the class of each triple of columns; empty for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// `[documents][columns]`, as the formula has them.
    pub rows: Vec<Vec<f64>>,
}

impl SufficientStatistics {
    /// The score of all documents.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.score_of(0..self.rows.len())
    }

    /// The score of the documents at these positions, which may repeat; `None` of none, and where
    /// a position or a row does not fit.
    pub fn score_of(&self, chosen: impl IntoIterator<Item = usize>) -> Option<f64> {
        let mut sums = vec![0.0; self.rows.first()?.len()];
        let mut documents = 0;
        for document in chosen {
            let row = self.rows.get(document).filter(|row| row.len() == sums.len())?;
            add(&mut sums, row, 1.0);
            documents += 1;
        }
        self.formula.of(&sums).filter(|_| documents > 0)
    }
}

/// Columns of `classes` as columns of `all`, zeros where a class is missing: two models' rows can
/// be exchanged only over the same classes. A row that does not fit its classes comes back as it
/// is.
#[must_use]
pub fn over_classes(row: &[f64], classes: &[String], all: &[String]) -> Vec<f64> {
    if row.len() != 3 * classes.len() {
        return row.to_vec();
    }
    let column = |class: &String| {
        let place = classes.iter().position(|own| own == class);
        place.map_or([0.0; 3], |at| [row[3 * at], row[3 * at + 1], row[3 * at + 2]])
    };
    all.iter().flat_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_choice_of_documents_has_a_score() {
        let rows = vec![vec![2.0, 8.0], vec![0.0, 2.0]];
        let ter = SufficientStatistics { formula: Formula::Ter, classes: Vec::new(), rows };
        assert_eq!((ter.score(), ter.score_of([1, 1])), (Some(20.0), Some(0.0)));
        assert_eq!((ter.score_of([]), ter.score_of([2])), (None, None));
    }

    #[test]
    fn classes_are_found_by_name() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let row = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let wider = over_classes(&row, &names("no yes"), &names("maybe no yes"));
        assert_eq!(wider, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(over_classes(&row, &[], &names("no")), row);
    }
}
