use std::collections::BTreeMap;

use harness_metrics::{RoutingCounts, RoutingShape};
use harness_models::{Architecture, GroupRouting};
use harness_reports::record::Span;

use super::groups::Groups;
use crate::plan::Cell;

/// The routers of a model as the arithmetic sees them; `None` for a dense model.
pub fn shape_of(architecture: &Architecture) -> Option<RoutingShape> {
    architecture.has_routing().then_some(RoutingShape {
        layers: architecture.moe_layers.len(),
        experts: architecture.experts,
        top_k: architecture.top_k,
    })
}

/// Adds routing groups to the cells that they count for.
#[derive(Debug)]
pub struct RoutingTotals {
    shape: RoutingShape,
    keep_cell_scores: bool,
    /// By document and span.
    pub cells: BTreeMap<Cell, RoutingCounts>,
    /// By span, over all documents, with score sums.
    pub spans: BTreeMap<Span, RoutingCounts>,
}

impl RoutingTotals {
    /// Empty totals. Score sums of single documents are kept where asked for (probes): they do not compress, and
    /// for benchmark tasks the span totals suffice.
    pub fn new(shape: RoutingShape, keep_cell_scores: bool) -> Self {
        Self { shape, keep_cell_scores, cells: BTreeMap::new(), spans: BTreeMap::new() }
    }

    /// Layers, experts and top-k.
    pub fn shape(&self) -> RoutingShape {
        self.shape
    }

    /// Adds the groups that were counted, the first of all that there are.
    pub(super) fn add(&mut self, groups: &Groups, routing: &GroupRouting) {
        for (group, cells) in (0..routing.tokens.len()).zip(groups.iter()) {
            let mut counts = self.group(group, routing);
            for cell in cells {
                let zeros = || RoutingCounts::zeros(self.shape, true);
                add(self.spans.entry(cell.span).or_insert_with(zeros), &counts);
            }
            if !self.keep_cell_scores {
                counts.scores = None;
            }
            for cell in cells {
                let zeros = || RoutingCounts::zeros(self.shape, self.keep_cell_scores);
                add(self.cells.entry(*cell).or_insert_with(zeros), &counts);
            }
        }
    }

    fn group(&self, group: usize, routing: &GroupRouting) -> RoutingCounts {
        let RoutingShape { layers, experts, .. } = self.shape;
        let cells = group * layers * experts..(group + 1) * layers * experts;
        RoutingCounts {
            shape: self.shape,
            tokens: routing.tokens[group],
            selections: routing.selections[cells.clone()]
                .iter()
                .map(|&count| u64::from(count))
                .collect(),
            entropy_bits: routing.entropy_bits[group * layers..(group + 1) * layers].to_vec(),
            scores: Some(routing.scores[cells].to_vec()),
        }
    }
}

fn add(into: &mut RoutingCounts, counts: &RoutingCounts) {
    into.add(counts).expect("all counts of one model have its shape");
}
