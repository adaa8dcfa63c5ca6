//! Attention over the forest of a pass.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use candle_core::{D, Result, Tensor};

use super::forest::{Keys, cached_nodes, siblings};
use super::host::{has_kernels, on_host};
use super::placement::wide;
use crate::cache::{KeyBlock, Node};
use crate::cuda;
use crate::kernels::attention::{self as kernel, Block, Heads, Member, Siblings};
use crate::kernels::host::{Host, host, tensor};
use crate::pass::{Pass, PassSegment};

/// Attends the packed queries to their own and their ancestors' keys; returns `[rows, query · value_dim]`.
///
/// `q` is `[rows, query · key_dim]`, `k` and `v` the packed keys and values, `sinks` a score a query
/// head; `slot` says where the layer's state lies in a node.
pub(crate) fn attend(
    pass: &Pass,
    slot: usize,
    heads: Heads,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    sinks: Option<&Tensor>,
) -> Result<Tensor> {
    if has_kernels(q) && cuda::attends(q.dtype(), heads) {
        return super::planned::attend(pass, slot, heads, (q, k, v), sinks);
    }
    if !on_host(q) {
        return composed(pass, slot, heads, (q, k, v), sinks);
    }
    let cached = Cached::collect(pass, slot)?;
    let (q, k, v) = (host(q)?, host(k)?, host(v)?);
    let sinks = sinks.map(host).transpose()?;
    let forest = siblings(pass, &Slices { cached: &cached, k: &k, v: &v, heads })?;
    let seen = kernel::attend(&q, &forest, heads, sinks.as_deref());
    tensor(seen, pass.tokens.len(), heads.query * heads.value_dim)
}

/// Keys and values of a cached block, and the position of its first token.
type CachedBlock<'a> = (Host<'a>, Host<'a>, usize);

/// Borrowed keys and values of every cached node that the pass continues.
struct Cached<'a>(HashMap<*const Node, Vec<CachedBlock<'a>>>);

impl<'a> Cached<'a> {
    fn collect(pass: &'a Pass, slot: usize) -> Result<Self> {
        let mut blocks = HashMap::new();
        for node in pass.segments.iter().flat_map(cached_nodes) {
            if let Entry::Vacant(place) = blocks.entry(Arc::as_ptr(node)) {
                place.insert(borrow(node.start, node.blocks(slot))?);
            }
        }
        Ok(Self(blocks))
    }
}

/// The blocks of a node whose first token stands at `start`.
fn borrow(mut start: usize, blocks: &[KeyBlock]) -> Result<Vec<CachedBlock<'_>>> {
    let mut borrowed = Vec::with_capacity(blocks.len());
    for block in blocks {
        // In host memory a block is all of its tensors.
        borrowed.push((host(&block.k)?, host(&block.v)?, start));
        start += block.rows.len();
    }
    Ok(borrowed)
}

/// Blocks in host memory.
struct Slices<'a> {
    cached: &'a Cached<'a>,
    k: &'a [f32],
    v: &'a [f32],
    heads: Heads,
}

impl<'a> Keys for Slices<'a> {
    type Block = Block<'a>;

    fn own(&self, segment: &PassSegment) -> Result<Block<'a>> {
        let rows = &segment.rows;
        let (k, v) = (self.heads.kv * self.heads.key_dim, self.heads.kv * self.heads.value_dim);
        let (k, v) = (&self.k[rows.start * k..rows.end * k], &self.v[rows.start * v..rows.end * v]);
        Ok(Block { k, v, start: segment.start })
    }

    fn cached(&self, node: &Node) -> Result<Vec<Block<'a>>> {
        let found = self.cached.0.get(&(node as *const Node)).into_iter().flatten();
        Ok(found.map(|(k, v, start)| Block { k, v, start: *start }).collect())
    }
}

/// Keys and values of consecutive tokens on a device.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) k: Tensor,
    pub(crate) v: Tensor,
    /// Position of the first of them in its sequence.
    pub(crate) start: usize,
}

/// Blocks on a device.
struct Views<'a> {
    slot: usize,
    k: &'a Tensor,
    v: &'a Tensor,
}

impl Keys for Views<'_> {
    type Block = View;

    fn own(&self, segment: &PassSegment) -> Result<View> {
        let rows = |x: &Tensor| x.narrow(0, segment.rows.start, segment.rows.len());
        Ok(View { k: rows(self.k)?, v: rows(self.v)?, start: segment.start })
    }

    fn cached(&self, node: &Node) -> Result<Vec<View>> {
        let mut start = node.start;
        let view = |block: &KeyBlock| {
            let view = View { k: block.keys()?, v: block.values()?, start };
            start += block.rows.len();
            Ok(view)
        };
        node.blocks(self.slot).iter().map(view).collect()
    }
}

/// Attention of one segment after the other, with a score matrix.
pub(super) fn composed(
    pass: &Pass,
    slot: usize,
    heads: Heads,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    sinks: Option<&Tensor>,
) -> Result<Tensor> {
    let mut parts = vec![];
    for family in &siblings(pass, &Views { slot, k, v })? {
        for member in &family.members {
            parts.push((member.first, Segment::new(family, member)?.attend(q, heads, sinks)?));
        }
    }
    parts.sort_by_key(|(first, _)| *first);
    let parts: Vec<Tensor> = parts.into_iter().map(|(_, part)| part).collect();
    Tensor::cat(&parts, 0)
}

/// The queries of a segment and the keys that some of them see.
struct Segment<'a> {
    member: &'a Member<View>,
    k: Tensor,
    v: Tensor,
    /// Position of every key.
    positions: Vec<usize>,
}

impl<'a> Segment<'a> {
    fn new(family: &Siblings<View>, member: &'a Member<View>) -> Result<Self> {
        let blocks: Vec<&View> =
            family.ancestors.iter().chain(&member.earlier).chain([&member.own]).collect();
        let join = |part: fn(&View) -> &Tensor| {
            Tensor::cat(&blocks.iter().map(|block| part(block)).collect::<Vec<_>>(), 0)
        };
        let (k, v) = (join(|block| &block.k)?, join(|block| &block.v)?);
        let range = |block: &&View| block.start..block.start + block.k.dims()[0];
        Ok(Self { member, k, v, positions: blocks.iter().flat_map(range).collect() })
    }

    fn attend(&self, q: &Tensor, heads: Heads, sinks: Option<&Tensor>) -> Result<Tensor> {
        let (tokens, keys, group) =
            (self.member.tokens, self.positions.len(), heads.query / heads.kv);
        let wide = wide(q.dtype());
        let by_head = |x: &Tensor, dim: usize| {
            x.to_dtype(wide)?.reshape((keys, heads.kv, dim))?.transpose(0, 1)?.contiguous()
        };
        let q = q.narrow(0, self.member.first, tokens)?.to_dtype(wide)?;
        let q = q.reshape((tokens, heads.kv, group, heads.key_dim))?.permute((1, 2, 0, 3))?;
        let q = q.reshape((heads.kv, group * tokens, heads.key_dim))?;
        let scores = q.matmul(&by_head(&self.k, heads.key_dim)?.transpose(1, 2)?)?;
        let scores = scores.affine(heads.scale.into(), 0.0)?;
        let scores = scores.reshape((heads.kv, group, tokens, keys))?;
        let weights = softmax(&scores.broadcast_add(&self.mask(&scores, heads)?)?, sinks)?;
        let weights = weights.reshape((heads.kv, group * tokens, keys))?;
        let seen = weights.matmul(&by_head(&self.v, heads.value_dim)?)?;
        let seen =
            seen.reshape((heads.kv, group, tokens, heads.value_dim))?.permute((2, 0, 1, 3))?;
        seen.reshape((tokens, heads.query * heads.value_dim))?.to_dtype(self.v.dtype())
    }

    /// 0 where a token (row) sees a key (column), else −∞.
    fn mask(&self, like: &Tensor, heads: Heads) -> Result<Tensor> {
        let window = heads.window.unwrap_or(usize::MAX);
        let sees = |at: usize, key: usize| key <= at && at - key < window;
        let row = |token: usize| {
            let at = self.member.start + token;
            self.positions
                .iter()
                .map(move |&key| if sees(at, key) { 0.0 } else { f32::NEG_INFINITY })
        };
        let mask: Vec<f32> = (0..self.member.tokens).flat_map(row).collect();
        let shape = (self.member.tokens, self.positions.len());
        Tensor::from_vec(mask, shape, like.device())?.to_dtype(like.dtype())
    }
}

/// Softmax over the last dimension of `[kv, group, tokens, keys]`; `sinks` has a score a query head
/// that takes weight and has no key.
fn softmax(scores: &Tensor, sinks: Option<&Tensor>) -> Result<Tensor> {
    let (kv, group, tokens, keys) = scores.dims4()?;
    let scores = match sinks {
        None => scores.clone(),
        Some(sinks) => {
            let sinks = sinks.to_dtype(scores.dtype())?.reshape((kv, group, 1, 1))?;
            Tensor::cat(&[scores, &sinks.broadcast_as((kv, group, tokens, 1))?], D::Minus1)?
        }
    };
    let exp = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)?.narrow(D::Minus1, 0, keys)?.contiguous()
}
