//! Attention by the kernel for NVIDIA GPUs.
//!
//! Which queries lie in which tile, and which keys they see, is the same in all layers of a pass with like heads:
//! it is planned and sent to the device once. So are the numbers of cached blocks, for what a node keeps is cut alike
//! in every layer. A layer adds the addresses of its own.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use candle_core::{Error, Result, Tensor, TensorId};

use super::forest::{Keys, cached_nodes, siblings};
use crate::cache::Node;
use crate::cuda::{self, Plan, Stretch};
use crate::kernels::attention::Heads;
use crate::pass::{Pass, PassSegment};

/// What the attention layers of a pass share.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    places: OnceLock<Places>,
    /// By query heads of a key/value head and by window.
    tiles: Mutex<HashMap<(usize, Option<usize>), Plan>>,
}

impl Plans {
    fn tiles(&self, heads: Heads, make: impl FnOnce() -> Result<Plan>) -> Result<Plan> {
        let key = (heads.query / heads.kv, heads.window);
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = tiles.get(&key) {
            return Ok(plan.clone());
        }
        let plan = make()?;
        tiles.insert(key, plan.clone());
        Ok(plan)
    }
}

/// As [`attend`](super::attend), where [`cuda::attends`] to such queries.
pub(super) fn attend(
    pass: &Pass,
    slot: usize,
    heads: Heads,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    sinks: Option<&Tensor>,
) -> Result<Tensor> {
    let places = pass.plans.places.get_or_init(|| Places::new(pass, slot));
    let plan = || Plan::new(q.device(), &siblings(pass, places)?, heads);
    let plan = pass.plans.tiles(heads, plan)?;
    let (q, k, v) = (q.contiguous()?, k.contiguous()?, v.contiguous()?);
    cuda::attend(&q, (&k, &v), &places.tensors(slot)?, &plan, heads, sinks)
}

/// The cached tensors of a layer, numbered from 1 on.
#[derive(Debug, Default)]
struct Places {
    /// The blocks of each node, by its address: number of the tensors, rows of them.
    nodes: HashMap<usize, Vec<(usize, Range<usize>)>>,
    /// A node that has the tensors of a number, and which of its blocks they are.
    blocks: Vec<(Arc<Node>, usize)>,
}

impl Places {
    /// The places that all layers have, from what the layer of this slot keeps.
    fn new(pass: &Pass, slot: usize) -> Self {
        let mut places = Self::default();
        let mut numbers = HashMap::new();
        for node in pass.segments.iter().flat_map(cached_nodes) {
            if !places.nodes.contains_key(&address(node)) {
                places.add(node, slot, &mut numbers);
            }
        }
        places
    }

    /// Numbers the tensors of a node's blocks, which other blocks may share.
    fn add(&mut self, node: &Arc<Node>, slot: usize, numbers: &mut HashMap<TensorId, usize>) {
        let mut found = vec![];
        for (index, block) in node.blocks(slot).iter().enumerate() {
            let number = *numbers.entry(block.k.id()).or_insert_with(|| {
                self.blocks.push((node.clone(), index));
                self.blocks.len()
            });
            found.push((number, block.rows.clone()));
        }
        self.nodes.insert(address(node), found);
    }

    /// The numbered tensors of the layer of a slot.
    fn tensors(&self, slot: usize) -> Result<Vec<(&Tensor, &Tensor)>> {
        let blocks = self.blocks.iter().map(|(node, index)| node.blocks(slot).get(*index));
        let tensors = blocks.map(|block| block.map(|block| (&block.k, &block.v)));
        let different = || Error::msg("the layers of a cached node keep different blocks");
        tensors.collect::<Option<_>>().ok_or_else(different)
    }
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node) as usize
}

impl Keys for Places {
    type Block = Stretch;

    fn own(&self, segment: &PassSegment) -> Result<Stretch> {
        let (row, keys) = (segment.rows.start, segment.rows.len());
        Ok(Stretch { block: 0, row, keys, start: segment.start })
    }

    fn cached(&self, node: &Node) -> Result<Vec<Stretch>> {
        let mut start = node.start;
        let stretch = |(block, rows): &(usize, Range<usize>)| {
            let stretch = Stretch { block: *block, row: rows.start, keys: rows.len(), start };
            start += rows.len();
            stretch
        };
        let blocks = self.nodes.get(&address(node)).into_iter().flatten();
        Ok(blocks.map(stretch).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::DType;

    use super::super::attention::composed;
    use super::*;
    use crate::cache::{Cache, KeyBlock, State};
    use crate::cuda::emulator::needs_emulator;
    use crate::cuda::testing::{close, device, random};
    use crate::{Batch, Segment, UNCOUNTED};

    const HEADS: Heads =
        Heads { query: 4, kv: 2, key_dim: 64, value_dim: 64, scale: 0.125, window: Some(60) };

    fn rounded(rows: usize, heads: usize, seed: u32) -> Result<Tensor> {
        random(&[rows, heads * 64], seed)?.to_dtype(DType::BF16)
    }

    /// A node that keeps keys of two layers in blocks of these lengths.
    fn node(parent: Option<Arc<Node>>, blocks: &[usize], seed: u32) -> Result<Arc<Node>> {
        let block = |(seed, &tokens)| {
            Ok(KeyBlock::whole(rounded(tokens, 2, seed)?, rounded(tokens, 2, seed + 50)?))
        };
        let keys = |seed: u32| (seed..).zip(blocks).map(block).collect::<Result<_>>();
        let states = [seed, seed + 5].map(|seed| keys(seed).map(State::Keys));
        let states = states.into_iter().collect::<Result<_>>()?;
        let (start, tokens) = (parent.as_ref().map_or(0, |p| p.end()), blocks.iter().sum());
        Ok(Arc::new(Node { parent, start, tokens, states }))
    }

    fn segment(node: u64, parent: Option<u64>, tokens: usize) -> Segment {
        let groups = vec![UNCOUNTED; tokens];
        Segment { node, parent, tokens: vec![0; tokens], groups, ..Segment::default() }
    }

    #[test]
    fn a_pass_over_a_cache_is_attended_as_one_segment_after_the_other() -> Result<()> {
        needs_emulator!();
        let mut cache = Cache::new(2);
        let trunk = node(None, &[33, 8], 10)?;
        cache.nodes.insert(2, node(Some(trunk.clone()), &[64, 2, 1], 20)?);
        cache.nodes.insert(1, trunk);
        let appended = Segment { append: true, ..segment(2, None, 1) };
        let segments =
            vec![segment(3, Some(1), 30), appended, segment(4, Some(3), 2), segment(5, Some(3), 4)];
        let batch = Batch { segments, groups: 0 };
        let pass = Pass::new(&batch, &cache, 1).expect("a batch that fits the cache");
        let (q, k, v) = (rounded(37, 4, 1)?, rounded(37, 2, 2)?, rounded(37, 2, 3)?);
        let sinks = Tensor::new(&[0.5f32, -1.0, 2.0, 0.0], &device())?;
        let global = Heads { window: None, ..HEADS };
        for (slot, heads) in [(0, HEADS), (1, HEADS), (1, global), (0, global)] {
            let ours = attend(&pass, slot, heads, (&q, &k, &v), Some(&sinks))?;
            let expected = composed(&pass, slot, heads, (&q, &k, &v), Some(&sinks))?;
            let expected = expected.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
            close(&ours, &expected, 1.0 / 100.0);
        }
        assert_eq!(pass.plans.tiles.lock().map_or(0, |tiles| tiles.len()), 2);
        Ok(())
    }
}
