//! [`Cache`]: the kept state of a forest of segments.

mod compact;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::NodeId;
use crate::ops::on_host;

/// State of the segments that were run with `keep`, by node.
///
/// A node's memory is returned when it and everything that continues it have been freed.
#[derive(Debug, Default)]
pub struct Cache {
    pub(crate) slots: usize,
    pub(crate) nodes: HashMap<NodeId, Arc<Node>>,
}

impl Cache {
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots, nodes: HashMap::new() }
    }

    /// Whether the node can be continued.
    pub fn contains(&self, node: NodeId) -> bool {
        self.nodes.contains_key(&node)
    }

    /// Nodes that can be continued.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no node can be continued.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Position after the node's last token: the length of the sequence that ends there.
    pub fn position(&self, node: NodeId) -> Option<usize> {
        self.nodes.get(&node).map(|n| n.end())
    }

    /// Forgets a node. State that other nodes still continue stays until they are freed too.
    pub fn free(&mut self, node: NodeId) {
        self.nodes.remove(&node);
    }

    /// Bytes of all nodes and of what they continue, each counted once. Nodes that were appended together may hold
    /// memory in common, which lasts as long as any of them.
    pub fn bytes(&self) -> usize {
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for node in self.nodes.values() {
            let unseen = |n: &&Arc<Node>| seen.insert(Arc::as_ptr(n));
            bytes += node.lineage().take_while(unseen).map(|n| n.bytes()).sum::<usize>();
        }
        bytes
    }
}

/// The end of a segment: what later segments need to continue it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) start: usize,
    pub(crate) tokens: usize,
    /// One per layer that keeps state.
    pub(crate) states: Vec<State>,
}

/// What one layer keeps of a segment.
#[derive(Clone, Debug, Default)]
pub(crate) enum State {
    /// Nothing yet.
    #[default]
    Empty,
    /// Keys and values of the segment's own tokens, in order.
    Keys(Vec<KeyBlock>),
    /// The recurrent state after the segment's last token.
    Scan(ScanState),
}

/// What a pass adds to one layer of a segment.
#[derive(Clone, Debug, Default)]
pub(crate) enum Added {
    /// Nothing.
    #[default]
    Nothing,
    /// Keys and values of its tokens.
    Keys(KeyBlock),
    /// The recurrent state after its last token, instead of an earlier one.
    Scan(ScanState),
}

/// How a state becomes what it is after a pass.
#[derive(Debug)]
pub(crate) struct Change {
    /// Blocks of keys that stay as they are.
    stay: usize,
    /// What follows them.
    added: Added,
}

/// Keys and values of consecutive tokens: some rows of `[rows, kv · dim]` tensors, which blocks of other
/// nodes may share.
#[derive(Clone, Debug)]
pub(crate) struct KeyBlock {
    pub(crate) k: Tensor,
    pub(crate) v: Tensor,
    pub(crate) rows: Range<usize>,
}

impl KeyBlock {
    /// All rows of two tensors.
    pub(crate) fn whole(k: Tensor, v: Tensor) -> Self {
        let rows = 0..k.dims()[0];
        Self { k, v, rows }
    }

    fn part(&self, of: &Tensor) -> Result<Tensor> {
        of.narrow(0, self.rows.start, self.rows.len())
    }

    /// The tokens' keys, `[tokens, kv · dim]`.
    pub(crate) fn keys(&self) -> Result<Tensor> {
        self.part(&self.k)
    }

    /// The tokens' values, `[tokens, kv · dim]`.
    pub(crate) fn values(&self) -> Result<Tensor> {
        self.part(&self.v)
    }
}

/// What a Mamba-2 mixer carries from token to token.
#[derive(Clone, Debug)]
pub(crate) struct ScanState {
    /// The last kernel − 1 inputs of the convolution, `[kernel − 1, channels]`.
    pub(crate) conv: Tensor,
    /// The scan's state, `[heads · head_dim, state]`.
    pub(crate) scan: Tensor,
}

impl Node {
    pub(crate) fn end(&self) -> usize {
        self.start + self.tokens
    }

    /// The node and its ancestors, nearest first.
    pub(crate) fn lineage(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::successors(Some(self), |n| n.parent.as_ref())
    }

    /// The keys and values that the layer of a slot keeps, if it does. Those of all layers are cut alike.
    pub(crate) fn blocks(&self, slot: usize) -> &[KeyBlock] {
        match &self.states[slot] {
            State::Keys(blocks) => blocks,
            _ => &[],
        }
    }

    fn bytes(&self) -> usize {
        self.states.iter().map(State::bytes).sum()
    }

    /// What a pass that adds this to every layer changes.
    pub(crate) fn changes(&self, added: Vec<Added>) -> Result<Vec<Change>> {
        self.states.iter().zip(added).map(|(state, added)| state.change(added)).collect()
    }

    /// Takes the tokens of a pass, with its changes to every layer.
    pub(crate) fn append(&mut self, tokens: usize, changes: Vec<Change>) {
        self.tokens += tokens;
        self.states.iter_mut().zip(changes).for_each(|(state, change)| state.apply(change));
    }
}

impl State {
    fn bytes(&self) -> usize {
        let size = |t: &Tensor| t.elem_count() * t.dtype().size_in_bytes();
        match self {
            State::Empty => 0,
            State::Keys(blocks) => {
                let part = |x: &Tensor, b: &KeyBlock| size(x) / x.dims()[0].max(1) * b.rows.len();
                blocks.iter().map(|b| part(&b.k, b) + part(&b.v, b)).sum()
            }
            State::Scan(state) => size(&state.conv) + size(&state.scan),
        }
    }

    /// What becomes of it when a pass adds something.
    pub(crate) fn change(&self, added: Added) -> Result<Change> {
        match (self, added) {
            (State::Keys(blocks), Added::Keys(block)) => join(blocks, block),
            (_, added) => Ok(Change { stay: 0, added }),
        }
    }

    fn apply(&mut self, Change { stay, added }: Change) {
        match (self, added) {
            (State::Keys(blocks), Added::Keys(block)) => {
                blocks.truncate(stay);
                blocks.push(block);
            }
            (state, Added::Keys(block)) => *state = State::Keys(vec![block]),
            (state, Added::Scan(scan)) => *state = State::Scan(scan),
            (state, Added::Nothing) => *state = State::Empty,
        }
    }
}

/// Joins a block with the last of those before it. In host memory blocks merge that are no longer than
/// what follows them: n one-token appends leave log n blocks and move each number log n times. On a
/// device every merge would wait in a queue of its own; [`Cache::compact`] merges those of many nodes
/// at once.
fn join(blocks: &[KeyBlock], mut block: KeyBlock) -> Result<Change> {
    let merges = on_host(&block.k);
    let mut stay = blocks.len();
    let small = |stay: usize, rows: usize| match blocks[..stay].last() {
        Some(last) if merges && last.rows.len() <= rows => Some(last),
        _ => None,
    };
    while let Some(last) = small(stay, block.rows.len()) {
        let k = Tensor::cat(&[last.keys()?, block.keys()?], 0)?;
        block = KeyBlock::whole(k, Tensor::cat(&[last.values()?, block.values()?], 0)?);
        stay -= 1;
    }
    Ok(Change { stay, added: Added::Keys(block) })
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn one(value: f32) -> KeyBlock {
        let t = Tensor::from_vec(vec![value; 2], (1, 2), &Device::Cpu).unwrap();
        KeyBlock::whole(t.clone(), t)
    }

    #[test]
    fn appended_tokens_stay_in_order_in_few_blocks() {
        let mut node = Node { parent: None, start: 0, tokens: 0, states: vec![State::Empty] };
        for token in 0..100 {
            let changes = node.changes(vec![Added::Keys(one(token as f32))]).unwrap();
            node.append(1, changes);
        }
        let blocks = node.blocks(0);
        assert!(blocks.len() <= 7 && node.end() == 100);
        let rows: Vec<Vec<f32>> = blocks.iter().flat_map(|b| b.k.to_vec2().unwrap()).collect();
        assert!(rows.iter().enumerate().all(|(i, row)| row == &[i as f32; 2]));
    }

    #[test]
    fn a_parent_outlives_its_name_while_a_child_needs_it() {
        let node = |parent| Node {
            parent,
            start: 0,
            tokens: 1,
            states: vec![State::Keys(vec![one(0.0)])],
        };
        let parent = Arc::new(node(None));
        let mut cache = Cache::new(1);
        cache.nodes.insert(2, Arc::new(node(Some(parent.clone()))));
        cache.nodes.insert(1, parent);
        assert_eq!(cache.bytes(), 2 * 16);
        cache.free(1);
        assert!(!cache.contains(1));
        assert_eq!(cache.bytes(), 2 * 16);
        cache.free(2);
        assert_eq!(cache.bytes(), 0);
    }
}
