//! Which keys each segment of a pass sees in one attention layer.

use std::collections::HashMap;

use candle_core::{Result, Tensor};

use crate::cache::{KeyBlock, Node, State};
use crate::kernels::attention::{Block, Heads, Member, Siblings, attend};
use crate::kernels::host::{Host, host};
use crate::pass::{Link, Pass, PassSegment};

/// Attends the packed queries to their own and their ancestors' keys.
///
/// `q` is `[rows, query · key_dim]`, `k` and `v` the packed keys and values, `sinks` a score a query
/// head; `slot` says where the layer's state lies in a node.
pub(crate) fn attend_forest(
    pass: &Pass,
    slot: usize,
    heads: Heads,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
    sinks: Option<&Tensor>,
) -> Result<Vec<f32>> {
    let cached = Cached::collect(pass, slot)?;
    let (q, k, v) = (host(q)?, host(k)?, host(v)?);
    let sinks = sinks.map(host).transpose()?;
    let view = View { pass, cached: &cached, k: &k, v: &v, heads };
    Ok(attend(&q, &view.siblings(), heads, sinks.as_deref()))
}

/// Keys and values of a cached block, and the position of its first token.
type CachedBlock<'a> = (Host<'a>, Host<'a>, usize);

/// Borrowed keys and values of every cached node that the pass continues.
struct Cached<'a>(HashMap<*const Node, Vec<CachedBlock<'a>>>);

impl<'a> Cached<'a> {
    fn collect(pass: &'a Pass, slot: usize) -> Result<Self> {
        let mut blocks = HashMap::new();
        for node in pass.segments.iter().flat_map(cached_nodes) {
            if let State::Keys(keys) = &node.states[slot] {
                blocks.entry(node as *const Node).or_insert(borrow(node.start, keys)?);
            }
        }
        Ok(Self(blocks))
    }

    fn blocks(&self, node: &Node) -> impl Iterator<Item = Block<'_>> {
        let found = self.0.get(&(node as *const Node)).into_iter().flatten();
        found.map(|(k, v, start)| Block { k, v, start: *start })
    }
}

/// The blocks of a node whose first token stands at `start`.
fn borrow(mut start: usize, blocks: &[KeyBlock]) -> Result<Vec<CachedBlock<'_>>> {
    let mut borrowed = Vec::with_capacity(blocks.len());
    for block in blocks {
        borrowed.push((host(&block.k)?, host(&block.v)?, start));
        start += block.k.dim(0)?;
    }
    Ok(borrowed)
}

/// The nodes of the cache that a segment names directly, with their ancestors.
fn cached_nodes(segment: &PassSegment) -> impl Iterator<Item = &Node> {
    let parent = match &segment.parent {
        Some(Link::Cached(node)) => Some(node),
        _ => None,
    };
    let named = segment.extends.iter().chain(parent);
    named.flat_map(|node| node.lineage()).map(|node| &**node)
}

struct View<'a> {
    pass: &'a Pass,
    cached: &'a Cached<'a>,
    k: &'a [f32],
    v: &'a [f32],
    heads: Heads,
}

impl<'a> View<'a> {
    /// Segments grouped by what they continue, in the order of their first member.
    fn siblings(&self) -> Vec<Siblings<'a>> {
        let mut families: Vec<Siblings<'a>> = vec![];
        let mut index_of = HashMap::new();
        for segment in &self.pass.segments {
            let key = segment.parent.as_ref().map(Link::key);
            let index = *index_of.entry(key).or_insert(families.len());
            if index == families.len() {
                let ancestors = self.ancestors(segment.parent.as_ref());
                families.push(Siblings { ancestors, members: vec![] });
            }
            families[index].members.push(self.member(segment));
        }
        families
    }

    fn member(&self, segment: &'a PassSegment) -> Member<'a> {
        let cached: &'a Cached<'a> = self.cached;
        let earlier = segment.extends.iter().flat_map(|node| cached.blocks(node)).collect();
        let tokens = segment.rows.len();
        Member { earlier, own: self.own(segment), first: segment.rows.start, tokens }
    }

    /// Keys of a segment's own tokens.
    fn own(&self, segment: &PassSegment) -> Block<'a> {
        let rows = &segment.rows;
        let (k, v) = (self.heads.kv * self.heads.key_dim, self.heads.kv * self.heads.value_dim);
        let (k, v) = (&self.k[rows.start * k..rows.end * k], &self.v[rows.start * v..rows.end * v]);
        Block { k, v, start: segment.start }
    }

    /// Keys of all ancestors. Their order does not matter.
    fn ancestors(&self, link: Option<&'a Link>) -> Vec<Block<'a>> {
        let (mut blocks, mut next) = (vec![], link);
        while let Some(Link::Pass(index)) = next {
            let segment = &self.pass.segments[*index];
            blocks.push(self.own(segment));
            blocks.extend(segment.extends.iter().flat_map(|node| self.cached.blocks(node)));
            next = segment.parent.as_ref();
        }
        if let Some(Link::Cached(node)) = next {
            blocks.extend(node.lineage().flat_map(|node| self.cached.blocks(node)));
        }
        blocks
    }
}
