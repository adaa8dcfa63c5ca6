//! [`Cache`]: the kept state of a forest of segments.

use std::collections::HashMap;
use std::sync::Arc;

use crate::NodeId;

/// State of the segments that were run with `keep`, by node.
///
/// A node's memory is returned when it and everything that continues it have been freed.
#[derive(Debug, Default)]
pub struct Cache {
    pub(crate) layers: usize,
    pub(crate) nodes: HashMap<NodeId, Arc<Node>>,
}

/// The end of a segment: what later segments need to continue it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) start: usize,
    pub(crate) tokens: usize,
}

impl Cache {
    /// Whether the node can be continued.
    pub fn contains(&self, node: NodeId) -> bool {
        self.nodes.contains_key(&node)
    }

    /// Position after the node's last token: the length of the sequence that ends there.
    pub fn position(&self, node: NodeId) -> Option<usize> {
        self.nodes.get(&node).map(|n| n.start + n.tokens)
    }

    /// Forgets a node. State that other nodes still continue stays until they are freed too.
    pub fn free(&mut self, node: NodeId) {
        self.nodes.remove(&node);
    }
}
