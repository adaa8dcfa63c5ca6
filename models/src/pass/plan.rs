//! [`Pass`]: where every packed row stands and what it continues.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::cache::{Cache, Node};
use crate::{Batch, ForwardError, NodeId, Segment};

/// A batch resolved against a cache.
pub(crate) struct Pass {
    /// Token of every packed row.
    pub(crate) tokens: Vec<u32>,
    /// Position of every packed row in its sequence.
    pub(crate) positions: Vec<usize>,
    pub(crate) segments: Vec<PassSegment>,
    /// How its attention is divided among a GPU's blocks of threads.
    pub(crate) plans: crate::ops::Plans,
}

/// One segment of a pass.
pub(crate) struct PassSegment {
    pub(crate) node: NodeId,
    /// Its packed rows.
    pub(crate) rows: Range<usize>,
    /// Position of its first token.
    pub(crate) start: usize,
    pub(crate) parent: Option<Link>,
    /// The node it appends to, whose own state precedes it.
    pub(crate) extends: Option<Arc<Node>>,
    /// Whether its node is in the cache afterwards.
    pub(crate) keep: bool,
    /// Whether its state must be stored: it is kept, or a stored segment continues it.
    pub(crate) stored: bool,
    /// Whether another segment of this pass continues it.
    pub(crate) continued: bool,
}

impl PassSegment {
    /// The earlier segment of the same pass that it continues, by index.
    pub(crate) fn parent_in_pass(&self) -> Option<usize> {
        match self.parent {
            Some(Link::Pass(parent)) => Some(parent),
            _ => None,
        }
    }
}

/// What a segment continues.
#[derive(Clone)]
pub(crate) enum Link {
    /// An earlier segment of the same pass, by index.
    Pass(usize),
    /// A node of the cache.
    Cached(Arc<Node>),
}

impl Link {
    /// Equal for segments that continue the same thing.
    pub(crate) fn key(&self) -> (usize, usize) {
        match self {
            Link::Pass(index) => (0, *index),
            Link::Cached(node) => (1, Arc::as_ptr(node) as usize),
        }
    }
}

impl Pass {
    /// Resolves a batch.
    pub(crate) fn new(
        batch: &Batch,
        cache: &Cache,
        vocab_size: usize,
    ) -> Result<Self, ForwardError> {
        super::check::check(batch, vocab_size)?;
        let mut planner = Planner { cache, segments: vec![], index_of: HashMap::new(), rows: 0 };
        for segment in &batch.segments {
            planner.add(segment)?;
        }
        let mut segments = planner.segments;
        store_ancestors(&mut segments);
        let position = |s: &PassSegment| s.start..s.start + s.rows.len();
        let positions = segments.iter().flat_map(position).collect();
        let tokens = batch.segments.iter().flat_map(|s| s.tokens.iter().copied()).collect();
        Ok(Self { tokens, positions, segments, plans: Default::default() })
    }
}

/// A stored node needs its ancestors' state.
fn store_ancestors(segments: &mut [PassSegment]) {
    for index in (0..segments.len()).rev() {
        if let Some(parent) = segments[index].parent_in_pass() {
            segments[parent].continued = true;
            segments[parent].stored |= segments[index].stored;
        }
    }
}

struct Planner<'a> {
    cache: &'a Cache,
    segments: Vec<PassSegment>,
    index_of: HashMap<NodeId, usize>,
    rows: usize,
}

impl Planner<'_> {
    fn add(&mut self, segment: &Segment) -> Result<(), ForwardError> {
        let index = self.segments.len();
        let extends = self.extended(index, segment)?;
        let parent = match &extends {
            Some(node) => node.parent.clone().map(Link::Cached),
            None => self.parent(index, segment)?,
        };
        let start = extends.as_ref().map_or_else(|| self.end(parent.as_ref()), |n| n.end());
        if self.index_of.insert(segment.node, index).is_some() {
            return Err(ForwardError::DuplicateNode { segment: index, node: segment.node });
        }
        let rows = self.rows..self.rows + segment.tokens.len();
        self.rows = rows.end;
        let keep = segment.keep || segment.append;
        let node = segment.node;
        let (stored, continued) = (keep, false);
        self.segments.push(PassSegment {
            node,
            rows,
            start,
            parent,
            extends,
            keep,
            stored,
            continued,
        });
        Ok(())
    }

    fn extended(&self, index: usize, segment: &Segment) -> Result<Option<Arc<Node>>, ForwardError> {
        let node = segment.node;
        match (segment.append, self.cache.nodes.get(&node)) {
            (true, Some(found)) => Ok(Some(found.clone())),
            (true, None) => {
                let reason = "it is not in the cache";
                Err(ForwardError::CannotAppend { segment: index, node, reason })
            }
            (false, Some(_)) => Err(ForwardError::DuplicateNode { segment: index, node }),
            (false, None) => Ok(None),
        }
    }

    fn parent(&self, index: usize, segment: &Segment) -> Result<Option<Link>, ForwardError> {
        let Some(parent) = segment.parent else {
            return Ok(None);
        };
        if let Some(&earlier) = self.index_of.get(&parent) {
            return Ok(Some(Link::Pass(earlier)));
        }
        match self.cache.nodes.get(&parent) {
            Some(node) => Ok(Some(Link::Cached(node.clone()))),
            None => Err(ForwardError::UnknownParent { segment: index, parent }),
        }
    }

    fn end(&self, link: Option<&Link>) -> usize {
        match link {
            None => 0,
            Some(Link::Cached(node)) => node.end(),
            Some(Link::Pass(index)) => {
                let parent = &self.segments[*index];
                parent.start + parent.rows.len()
            }
        }
    }
}
