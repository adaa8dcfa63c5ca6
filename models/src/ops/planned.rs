//! Attention by the kernel for NVIDIA GPUs.
//!
//! Which queries lie in which tile, and which keys they see, is the same in all layers of a pass with like heads:
//! it is planned and sent to the device once. A layer adds the addresses of its cached blocks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use candle_core::{Result, Tensor, TensorId};

use super::forest::{Keys, cached_nodes, siblings};
use crate::cache::{KeyBlock, Node, State};
use crate::cuda::{self, Plan, Stretch};
use crate::kernels::attention::Heads;
use crate::pass::{Pass, PassSegment};

/// The plans of a pass, by query heads of a key/value head and by window.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<HashMap<(usize, Option<usize>), Plan>>);

impl Plans {
    fn get(&self, heads: Heads, make: impl FnOnce() -> Result<Plan>) -> Result<Plan> {
        let key = (heads.query / heads.kv, heads.window);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&key) {
            return Ok(plan.clone());
        }
        let plan = make()?;
        plans.insert(key, plan.clone());
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
    let places = Places::new(pass, slot);
    let plan = pass.plans.get(heads, || Plan::new(q.device(), &siblings(pass, &places)?, heads))?;
    let (q, k, v) = (q.contiguous()?, k.contiguous()?, v.contiguous()?);
    cuda::attend(&q, (&k, &v), &places.blocks, &plan, heads, sinks)
}

/// The cached tensors of a layer, numbered from 1 on in an order that all layers have.
struct Places {
    /// The blocks of each node: number of the tensors, rows of them.
    nodes: HashMap<*const Node, Vec<(usize, Range<usize>)>>,
    numbers: HashMap<TensorId, usize>,
    blocks: Vec<(Tensor, Tensor)>,
}

impl Places {
    fn new(pass: &Pass, slot: usize) -> Self {
        let (nodes, numbers) = Default::default();
        let mut places = Self { nodes, numbers, blocks: vec![] };
        for node in pass.segments.iter().flat_map(cached_nodes) {
            if let State::Keys(blocks) = &node.states[slot]
                && !places.nodes.contains_key(&(node as *const Node))
            {
                let blocks = blocks.iter().map(|b| (places.number(b), b.rows.clone())).collect();
                places.nodes.insert(node, blocks);
            }
        }
        places
    }

    /// The number of a block's tensors, which other blocks may share.
    fn number(&mut self, block: &KeyBlock) -> usize {
        *self.numbers.entry(block.k.id()).or_insert_with(|| {
            self.blocks.push((block.k.clone(), block.v.clone()));
            self.blocks.len()
        })
    }
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
        let blocks = self.nodes.get(&(node as *const Node)).into_iter().flatten();
        Ok(blocks.map(stretch).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::DType;

    use super::super::attention::composed;
    use super::*;
    use crate::cache::Cache;
    use crate::cuda::emulator::needs_emulator;
    use crate::cuda::testing::{close, device, random};
    use crate::{Batch, Segment, UNCOUNTED};

    const HEADS: Heads =
        Heads { query: 4, kv: 2, key_dim: 64, value_dim: 64, scale: 0.125, window: Some(60) };

    fn rounded(rows: usize, heads: usize, seed: u32) -> Result<Tensor> {
        random(&[rows, heads * 64], seed)?.to_dtype(DType::BF16)
    }

    /// A node that keeps keys in blocks of these lengths.
    fn node(parent: Option<Arc<Node>>, blocks: &[usize], seed: u32) -> Result<Arc<Node>> {
        let block = |(seed, &tokens)| {
            Ok(KeyBlock::whole(rounded(tokens, 2, seed)?, rounded(tokens, 2, seed + 50)?))
        };
        let keys = (seed..).zip(blocks).map(block).collect::<Result<_>>()?;
        let (start, tokens) = (parent.as_ref().map_or(0, |p| p.end()), blocks.iter().sum());
        Ok(Arc::new(Node { parent, start, tokens, states: vec![State::Keys(keys)] }))
    }

    fn segment(node: u64, parent: Option<u64>, tokens: usize) -> Segment {
        let groups = vec![UNCOUNTED; tokens];
        Segment { node, parent, tokens: vec![0; tokens], groups, ..Segment::default() }
    }

    #[test]
    fn a_pass_over_a_cache_is_attended_as_one_segment_after_the_other() -> Result<()> {
        needs_emulator!();
        let mut cache = Cache::new(1);
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
        for heads in [HEADS, Heads { window: None, ..HEADS }] {
            let ours = attend(&pass, 0, heads, (&q, &k, &v), Some(&sinks))?;
            let expected = composed(&pass, 0, heads, (&q, &k, &v), Some(&sinks))?;
            let expected = expected.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
            close(&ours, &expected, 1.0 / 100.0);
        }
        assert_eq!(pass.plans.0.lock().map_or(0, |plans| plans.len()), 2);
        Ok(())
    }
}
