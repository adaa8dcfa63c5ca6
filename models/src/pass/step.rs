//! [`Step`]: what layers read and leave behind while a pass runs.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::{Link, Pass, PassSegment};
use crate::cache::{Cache, KeyBlock, Node, ScanState, State};
use crate::kernels::host::host;
use crate::kernels::vector;
use crate::layers::Angles;
use crate::{ForwardError, MoeLayer, Place, RouterDecision, RoutingObserver};

/// The running state of one pass.
pub(crate) struct Step<'a> {
    pub(crate) pass: &'a Pass,
    /// The rotations of every packed row; none in models that do not rotate.
    pub(crate) angles: Vec<Angles>,
    /// State left by the layers, `[segment][slot]`.
    states: Vec<Vec<State>>,
    /// Where a segment first held a number that is not finite.
    non_finite: Vec<Option<Place>>,
    observer: &'a mut dyn RoutingObserver,
}

impl<'a> Step<'a> {
    pub(crate) fn new(
        pass: &'a Pass,
        slots: usize,
        angles: Vec<Angles>,
        observer: &'a mut dyn RoutingObserver,
    ) -> Self {
        let segments = pass.segments.len();
        let states = (0..segments).map(|_| vec![State::Empty; slots]).collect();
        Self { pass, angles, states, non_finite: vec![None; segments], observer }
    }

    /// Shows a decision to the observer.
    pub(crate) fn observe(&mut self, layer: MoeLayer, decision: &RouterDecision) {
        if self.observer.wants_routing() {
            self.observer.observe(layer, decision);
        }
    }

    /// Notes, for every segment, whether `x` (`[rows, hidden]`) is still finite at `place`.
    pub(crate) fn check_finite(&mut self, place: Place, x: &Tensor) -> Result<()> {
        let x = host(x)?;
        let width = x.len() / self.pass.tokens.len();
        for (segment, seen) in self.pass.segments.iter().zip(&mut self.non_finite) {
            let rows = &x[segment.rows.start * width..segment.rows.end * width];
            if seen.is_none() && !vector::all_finite(rows) {
                *seen = Some(place);
            }
        }
        Ok(())
    }

    /// Notes that one segment is not finite at `place`.
    pub(crate) fn mark_non_finite(&mut self, segment: usize, place: Place) {
        self.non_finite[segment].get_or_insert(place);
    }

    /// Keeps the keys and values of stored segments.
    pub(crate) fn store_keys(&mut self, slot: usize, k: &Tensor, v: &Tensor) -> Result<()> {
        for (segment, states) in self.pass.segments.iter().zip(&mut self.states) {
            if segment.stored {
                let (k, v) = (rows(k, segment)?, rows(v, segment)?);
                states[slot] = State::Keys(vec![KeyBlock { k, v }]);
            }
        }
        Ok(())
    }

    /// Keeps the recurrent state of a stored segment.
    pub(crate) fn store_scan(&mut self, slot: usize, segment: usize, state: ScanState) {
        if self.pass.segments[segment].stored {
            self.states[segment][slot] = State::Scan(state);
        }
    }

    /// Adds the nodes of kept segments to the cache and returns what was not finite.
    pub(crate) fn commit(
        self,
        cache: &mut Cache,
    ) -> std::result::Result<Vec<Option<Place>>, ForwardError> {
        let mut nodes: Vec<Option<Arc<Node>>> = Vec::with_capacity(self.states.len());
        for (segment, states) in self.pass.segments.iter().zip(self.states) {
            let node = segment.stored.then(|| make_node(segment, states, &nodes)).transpose()?;
            nodes.push(node.map(Arc::new));
        }
        let made = self.pass.segments.iter().zip(nodes);
        let kept = made.filter(|(segment, _)| segment.keep);
        cache.nodes.extend(kept.filter_map(|(segment, node)| Some((segment.node, node?))));
        Ok(self.non_finite)
    }
}

/// A copy of a segment's rows, so that the packed matrix can be dropped.
fn rows(x: &Tensor, segment: &PassSegment) -> Result<Tensor> {
    x.narrow(0, segment.rows.start, segment.rows.len())?.force_contiguous()
}

fn make_node(
    segment: &PassSegment,
    states: Vec<State>,
    nodes: &[Option<Arc<Node>>],
) -> Result<Node> {
    let tokens = segment.rows.len();
    if let Some(node) = &segment.extends {
        return node.extended(tokens, states);
    }
    let parent = segment.parent.as_ref().and_then(|link| match link {
        Link::Pass(index) => nodes[*index].clone(),
        Link::Cached(node) => Some(node.clone()),
    });
    Ok(Node { parent, start: segment.start, tokens, states })
}
