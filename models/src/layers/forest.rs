//! Which keys each segment of a pass sees in one attention layer.

use std::collections::HashMap;

use candle_core::{Result, Tensor};

use crate::cache::{Node, State};
use crate::kernels::attention::{Block, Heads, Member, Siblings, attend};
use crate::kernels::host::{Host, host};
use crate::pass::{Link, Pass, PassSegment};

/// Attends the packed queries to their own and their ancestors' keys.
///
/// `q` is `[rows, query · key_dim]`, `k` and `v` the packed keys and values; `slot` says where the
/// layer's state lies in a node.
pub(crate) fn attend_forest(
    pass: &Pass,
    slot: usize,
    heads: Heads,
    (q, k, v): (&Tensor, &Tensor, &Tensor),
) -> Result<Vec<f32>> {
    let cached = Cached::collect(pass, slot)?;
    let (q, k, v) = (host(q)?, host(k)?, host(v)?);
    let view = View { pass, cached: &cached, k: &k, v: &v, heads };
    Ok(attend(&q, &view.siblings(), heads))
}

/// Borrowed keys and values of every cached node that the pass continues.
struct Cached<'a>(HashMap<*const Node, Vec<(Host<'a>, Host<'a>)>>);

impl<'a> Cached<'a> {
    fn collect(pass: &'a Pass, slot: usize) -> Result<Self> {
        let mut blocks = HashMap::new();
        for node in pass.segments.iter().flat_map(cached_nodes) {
            if let State::Keys(keys) = &node.states[slot] {
                let borrowed = keys.iter().map(|b| Ok((host(&b.k)?, host(&b.v)?)));
                blocks.entry(node as *const Node).or_insert(borrowed.collect::<Result<_>>()?);
            }
        }
        Ok(Self(blocks))
    }

    fn blocks(&self, node: &Node) -> impl Iterator<Item = Block<'_>> {
        let found = self.0.get(&(node as *const Node)).into_iter().flatten();
        found.map(|(k, v)| Block { k, v })
    }
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
        Block { k: &self.k[rows.start * k..rows.end * k], v: &self.v[rows.start * v..rows.end * v] }
    }

    /// Keys of all ancestors. Their order does not matter: every row sees all of them.
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
