//! What guessing gets.

use harness_metrics::Interval;

use super::Scored;
use crate::manifest::TaskManifest;
use crate::record::DocumentRow;

const SHARES_OF_RIGHT: [&str; 5] =
    ["acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match"];

/// Whether guessing among n answers gets 1/n of it.
pub(crate) fn is_share_of_right(metric: &str) -> bool {
    SHARES_OF_RIGHT.contains(&metric)
}

/// Adds up what guessing gets, document by document.
#[derive(Default)]
pub(super) struct ChanceBuilder {
    sum: f64,
    documents: usize,
}

impl ChanceBuilder {
    /// Choices are requests; mutual information asks each of them twice.
    pub(super) fn add(&mut self, row: &DocumentRow) {
        let requests = row.responses.as_array().map_or(0, Vec::len);
        let metrics = row.scores.as_array().and_then(|filters| filters.first());
        let twice = metrics.is_some_and(|score| score["metrics"].get("acc_mutual_info").is_some());
        let choices = if twice { requests / 2 } else { requests };
        let right = row.target.as_array().map_or(1, Vec::len);
        if choices > 1 {
            self.sum += (right as f64 / choices as f64).min(1.0);
            self.documents += 1;
        }
    }

    /// The share of right answers that guessing gets, where it is known.
    pub(super) fn finish(self, task: &TaskManifest) -> Option<f64> {
        if let Some(options) = task.answer_options {
            return Some(1.0 / options as f64);
        }
        let is_choice = task.output_type == "multiple_choice" && self.documents > 0;
        is_choice.then(|| self.sum / self.documents as f64)
    }
}

/// Where a score stands beside what guessing gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The interval lies below: the model often gives no answer that counts.
    Below,
    /// The interval includes it.
    AtChance,
    /// The interval lies above.
    Above,
}

impl Standing {
    /// Of a score that is a share of right answers and has an interval.
    #[must_use]
    pub fn of(scored: &Scored, chance: f64) -> Option<Self> {
        let is_share = is_share_of_right(&scored.row.metric);
        let Interval { low, high, .. } = scored.interval.as_ref().filter(|_| is_share)?;
        Some(match () {
            () if *high < chance => Self::Below,
            () if chance < *low => Self::Above,
            () => Self::AtChance,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    fn chance(row: &DocumentRow, task: &TaskManifest) -> Option<f64> {
        let mut builder = ChanceBuilder::default();
        builder.add(row);
        builder.finish(task)
    }

    #[test]
    fn choices_say_what_guessing_gets() {
        let task = &testing::manifest().tasks["heb_snli"];
        let row = DocumentRow {
            responses: json!([{}, {}, {}, {}]),
            ..testing::document("base", "heb_snli", 0)
        };
        assert_eq!(chance(&row, task), Some(0.25));
        let several = DocumentRow { target: json!([0, 2]), ..row.clone() };
        assert_eq!(chance(&several, task), Some(0.5));
        let both = json!([{"filter": "none", "metrics": {"acc": 1.0, "acc_mutual_info": 0.0}}]);
        assert_eq!(chance(&DocumentRow { scores: both, ..row.clone() }, task), Some(0.5));
        let mut written = task.clone();
        written.output_type = "generate_until".to_owned();
        assert_eq!(chance(&row, &written), None);
        written.answer_options = Some(5);
        assert_eq!(chance(&row, &written), Some(0.2));
    }
}
