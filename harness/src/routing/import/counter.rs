//! Counting the ids of one document.

use std::path::Path;

use harness_metrics::{RoutingCounts, RoutingShape};

use super::ImportError;
use super::npy::Ids;

impl Ids {
    fn row(&self, token: usize, layer: usize) -> &[i64] {
        &self.ids[(token * self.layers + layer) * self.top_k..][..self.top_k]
    }

    /// Whether a row holds zeros only, which top-2 and more never chooses.
    pub(super) fn is_zero(&self, token: usize, layer: usize) -> bool {
        self.row(token, layer).iter().all(|id| *id == 0)
    }
}

/// Counts one document.
pub(super) struct Counter<'a> {
    pub(super) path: &'a Path,
    pub(super) ids: &'a Ids,
    pub(super) experts: usize,
    pub(super) moe_layers: &'a [usize],
}

impl Counter<'_> {
    pub(super) fn count(&self) -> Result<RoutingCounts, ImportError> {
        let experts = self.experts;
        let shape = RoutingShape { layers: self.moe_layers.len(), experts, top_k: self.ids.top_k };
        let mut counts = RoutingCounts::zeros(shape, false);
        counts.tokens = self.ids.tokens as u64;
        for token in 0..self.ids.tokens {
            for (index, &layer) in self.moe_layers.iter().enumerate() {
                for &id in self.row(token, layer)? {
                    counts.selections[index * experts + id as usize] += 1;
                }
            }
        }
        Ok(counts)
    }

    /// A row that a router can have written.
    fn row(&self, token: usize, layer: usize) -> Result<&[i64], ImportError> {
        let row = self.ids.row(token, layer);
        let wrong =
            |problem: String| content(self.path, &format!("token {token}, layer {layer}"), problem);
        if row.len() > 1 && self.ids.is_zero(token, layer) {
            return Err(wrong("all ids are 0: the server did not record this token".to_owned()));
        }
        for (place, id) in row.iter().enumerate() {
            if !(0..self.experts as i64).contains(id) {
                return Err(wrong(format!("id {id} of {} experts", self.experts)));
            }
            if row[..place].contains(id) {
                return Err(wrong(format!("id {id} twice")));
            }
        }
        Ok(row)
    }
}

pub(super) fn content(path: &Path, place: &str, problem: String) -> ImportError {
    ImportError::Content { path: path.to_owned(), place: place.to_owned(), problem }
}
