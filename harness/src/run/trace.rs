use std::collections::BTreeMap;

use harness_metrics::RoutingShape;
use harness_metrics::routing::trace::TokenTrace;
use harness_models::{Batch, GroupCounter, MoeLayer, RouterDecision, RoutingObserver, UNCOUNTED};
use harness_reports::record::Span;

use crate::plan::Cell;

/// Counts a batch and notes which experts each token of a document's own prompt chose.
pub(super) struct TracingCounter {
    counter: GroupCounter,
    /// The document of each packed token that is traced.
    documents: Vec<Option<usize>>,
    shape: RoutingShape,
    /// `[layers]`, each `[traced tokens][top_k]`.
    ids: Vec<Vec<u16>>,
}

impl TracingCounter {
    /// `cells[g]` says what group `g` counts for.
    pub(super) fn new(
        counter: GroupCounter,
        batch: &Batch,
        cells: &[Vec<Cell>],
        shape: RoutingShape,
    ) -> Self {
        let document = |group: u32| {
            let cells = (group != UNCOUNTED).then(|| &cells[group as usize])?;
            cells.iter().find(|cell| cell.span == Span::Question).map(|cell| cell.document)
        };
        let documents = batch.packed_groups().into_iter().map(document).collect();
        Self { counter, documents, shape, ids: vec![Vec::new(); shape.layers] }
    }

    /// The counter, and the traces of the batch's documents added to `traces`.
    pub(super) fn finish(self, traces: &mut BTreeMap<usize, TokenTrace>) -> GroupCounter {
        let k = self.shape.top_k;
        for (token, document) in self.documents.iter().flatten().enumerate() {
            let trace = traces.entry(*document).or_insert_with(|| TokenTrace::new(self.shape));
            let layers = self.ids.iter().map(|ids| &ids[token * k..(token + 1) * k]);
            layers.for_each(|ids| trace.ids.extend_from_slice(ids));
        }
        self.counter
    }
}

impl RoutingObserver for TracingCounter {
    fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision) {
        self.counter.observe(layer, decision);
        for token in 0..decision.tokens {
            if self.documents[token].is_some() {
                // Experts are far fewer than 2^16.
                let ids = decision.ids_of(token).iter().map(|&id| id as u16);
                self.ids[layer.index].extend(ids);
            }
        }
    }
}
