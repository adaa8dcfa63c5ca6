use std::collections::BTreeMap;

use harness_metrics::RoutingShape;
use harness_metrics::routing::trace::TokenTrace;
use harness_models::{Batch, GroupCounter, MoeLayer, RouterDecision, RoutingObserver};
use harness_reports::record::Span;

use super::groups::Groups;

/// Counts a batch and notes which experts each token of a document's own prompt chose.
pub(super) struct TracingCounter<'a> {
    counter: &'a mut GroupCounter,
    /// The document of each packed token that is traced.
    documents: Vec<Option<usize>>,
    shape: RoutingShape,
    /// `[layers]`, each `[traced tokens][top_k]`.
    ids: Vec<Vec<u16>>,
}

impl<'a> TracingCounter<'a> {
    /// `groups` says what each group of the batch counts for.
    pub(super) fn new(
        counter: &'a mut GroupCounter,
        batch: &Batch,
        groups: &Groups,
        shape: RoutingShape,
    ) -> Self {
        let document = |group: u32| {
            let mut cells = groups.cells(group).iter();
            cells.find(|cell| cell.span == Span::Question).map(|cell| cell.document)
        };
        let documents = batch.packed_groups().into_iter().map(document).collect();
        Self { counter, documents, shape, ids: vec![Vec::new(); shape.layers] }
    }

    /// Adds to the traces of the batch's documents.
    pub(super) fn finish(self, traces: &mut BTreeMap<usize, TokenTrace>) {
        let k = self.shape.top_k;
        for (token, document) in self.documents.iter().flatten().enumerate() {
            let trace = traces.entry(*document).or_insert_with(|| TokenTrace::new(self.shape));
            let layers = self.ids.iter().map(|ids| &ids[token * k..(token + 1) * k]);
            layers.for_each(|ids| trace.ids.extend_from_slice(ids));
        }
    }
}

impl RoutingObserver for TracingCounter<'_> {
    fn begin(&mut self, batch: &Batch) {
        self.counter.begin(batch);
    }

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
