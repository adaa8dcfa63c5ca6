//! Which keys each segment of a pass sees in one attention layer.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::Result;

use crate::cache::Node;
use crate::kernels::attention::{Member, Siblings};
use crate::pass::{Link, Pass, PassSegment};

/// Where blocks of keys and values come from.
pub(super) trait Keys {
    /// Keys and values of consecutive tokens.
    type Block: Clone;

    /// Those of a segment's own tokens.
    fn own(&self, segment: &PassSegment) -> Result<Self::Block>;

    /// Those that a node of the cache keeps, in order.
    fn cached(&self, node: &Node) -> Result<Vec<Self::Block>>;
}

/// Segments grouped by what they continue, in the order of their first member.
pub(super) fn siblings<K: Keys>(pass: &Pass, keys: &K) -> Result<Vec<Siblings<K::Block>>> {
    let mut families: Vec<Siblings<K::Block>> = vec![];
    let mut index_of = HashMap::new();
    for segment in &pass.segments {
        let key = segment.parent.as_ref().map(Link::key);
        let index = *index_of.entry(key).or_insert(families.len());
        if index == families.len() {
            let ancestors = ancestors(pass, keys, segment.parent.as_ref())?;
            families.push(Siblings { ancestors, members: vec![] });
        }
        families[index].members.push(member(keys, segment)?);
    }
    Ok(families)
}

fn member<K: Keys>(keys: &K, segment: &PassSegment) -> Result<Member<K::Block>> {
    let earlier = match &segment.extends {
        Some(node) => keys.cached(node)?,
        None => vec![],
    };
    let (start, first, tokens) = (segment.start, segment.rows.start, segment.rows.len());
    Ok(Member { earlier, own: keys.own(segment)?, start, first, tokens })
}

/// Keys of all ancestors. Their order does not matter.
fn ancestors<K: Keys>(pass: &Pass, keys: &K, link: Option<&Link>) -> Result<Vec<K::Block>> {
    let (mut blocks, mut next) = (vec![], link);
    while let Some(Link::Pass(index)) = next {
        let segment = &pass.segments[*index];
        blocks.push(keys.own(segment)?);
        if let Some(node) = &segment.extends {
            blocks.extend(keys.cached(node)?);
        }
        next = segment.parent.as_ref();
    }
    if let Some(Link::Cached(node)) = next {
        for node in node.lineage() {
            blocks.extend(keys.cached(node)?);
        }
    }
    Ok(blocks)
}

/// The nodes of the cache that a segment names directly, with their ancestors.
pub(super) fn cached_nodes(segment: &PassSegment) -> impl Iterator<Item = &Arc<Node>> {
    let parent = match &segment.parent {
        Some(Link::Cached(node)) => Some(node),
        _ => None,
    };
    let named = segment.extends.iter().chain(parent);
    named.flat_map(|node| node.lineage())
}
