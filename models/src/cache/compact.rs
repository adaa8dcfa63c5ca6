//! Joining the small blocks of keys that generation leaves on a device.
//!
//! A pass that appends a token to each of many sequences leaves one row per sequence in one tensor.
//! To join the rows of each sequence by itself would take a copy per sequence, layer and token; to
//! put the rows of all sequences in order takes two operations a layer, once in many passes.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Result, Tensor, TensorId};

use super::{Cache, KeyBlock, Node, State};
use crate::NodeId;

/// Tokens below which a block is small.
const SMALL: usize = 32;
/// Small blocks at the end of a node that are too many.
const MANY: usize = 32;

impl Cache {
    /// Joins the small blocks at the end of each of these nodes, once one of them has many.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn compact(&mut self, nodes: impl Iterator<Item = NodeId>) -> Result<()> {
        let nodes = nodes.filter_map(|id| self.nodes.get(&id).map(|node| (id, node.clone())));
        let nodes: Vec<(NodeId, Arc<Node>)> =
            nodes.filter(|(_, node)| small_blocks(node) > 1).collect();
        if !nodes.iter().any(|(_, node)| small_blocks(node) >= MANY) {
            return Ok(());
        }
        let mut states: Vec<Vec<State>> = nodes.iter().map(|(_, n)| n.states.clone()).collect();
        for slot in 0..self.slots {
            let blocks = states.iter_mut().filter_map(|states| match &mut states[slot] {
                State::Keys(blocks) => Some(blocks),
                _ => None,
            });
            join(blocks.collect())?;
        }
        for ((id, node), states) in nodes.into_iter().zip(states) {
            let (parent, start, tokens) = (node.parent.clone(), node.start, node.tokens);
            self.nodes.insert(id, Arc::new(Node { parent, start, tokens, states }));
        }
        Ok(())
    }
}

/// Small blocks at the end of a node, in any of its layers: all have the same.
fn small_blocks(node: &Node) -> usize {
    let keys = node.states.iter().find_map(|state| match state {
        State::Keys(blocks) => Some(blocks),
        _ => None,
    });
    keys.map_or(0, |blocks| blocks.iter().rev().take_while(|b| b.rows.len() < SMALL).count())
}

/// Replaces the small blocks at the end of each list by one.
fn join(mut lists: Vec<&mut Vec<KeyBlock>>) -> Result<()> {
    let small = |blocks: &mut Vec<KeyBlock>| {
        let large = blocks.iter().rposition(|b| b.rows.len() >= SMALL).map_or(0, |last| last + 1);
        blocks.split_off(large)
    };
    let small: Vec<Vec<KeyBlock>> = lists.iter_mut().map(|blocks| small(blocks)).collect();
    let Some(device) = small.iter().flatten().next().map(|block| block.k.device().clone()) else {
        return Ok(());
    };
    let (mut sources, mut rows) = (Sources::default(), vec![]);
    let mut ends = vec![];
    for blocks in &small {
        for block in blocks {
            let first = sources.first_row(block);
            rows.extend(block.rows.clone().map(|row| (first + row) as u32));
        }
        ends.push(rows.len());
    }
    let rows = Tensor::new(rows, &device)?;
    let k = Tensor::cat(&sources.k, 0)?.index_select(&rows, 0)?;
    let v = Tensor::cat(&sources.v, 0)?.index_select(&rows, 0)?;
    let mut start = 0;
    for (blocks, end) in lists.into_iter().zip(ends) {
        if end > start {
            blocks.push(KeyBlock { k: k.clone(), v: v.clone(), rows: start..end });
        }
        start = end;
    }
    Ok(())
}

/// The tensors that blocks are rows of, laid end to end.
#[derive(Default)]
struct Sources {
    k: Vec<Tensor>,
    v: Vec<Tensor>,
    first: HashMap<TensorId, usize>,
    rows: usize,
}

impl Sources {
    /// The place of the first row of a block's tensors.
    fn first_row(&mut self, block: &KeyBlock) -> usize {
        *self.first.entry(block.k.id()).or_insert_with(|| {
            let first = self.rows;
            self.rows += block.k.dims()[0];
            self.k.push(block.k.clone());
            self.v.push(block.v.clone());
            first
        })
    }
}
