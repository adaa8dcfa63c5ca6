//! [`Pass::commit`]: what a pass leaves in the cache.

use std::sync::Arc;

use candle_core::Result;

use super::{Link, Pass, PassSegment};
use crate::NodeId;
use crate::cache::{Added, Cache, Change, Node, State};

/// What layers add to segments, `[segment][slot]`.
pub(crate) type Additions = Vec<Vec<Added>>;

impl Pass {
    /// Puts the nodes of kept segments into the cache, with what layers add to them. Nodes that are
    /// appended to change in place: in generation, a copy of what each keeps in each layer would take
    /// longer than all other work between two passes, while an accelerator waits.
    ///
    /// # Errors
    /// If blocks cannot be joined; the cache is as it was then.
    pub(crate) fn commit(self, added: Additions, cache: &mut Cache) -> Result<()> {
        let all = self.segments.iter().zip(added);
        let changes = all.map(|(segment, added)| segment.changes(added));
        let changes: Vec<Option<Vec<Change>>> = changes.collect::<Result<_>>()?;
        let Self { segments, plans, .. } = self;
        drop(plans); // a node that something else holds would be copied
        let appended = segments.iter().filter(|segment| segment.extends.is_some());
        let appended: Vec<NodeId> = appended.map(|segment| segment.node).collect();
        let mut nodes: Vec<Option<Arc<Node>>> = Vec::with_capacity(segments.len());
        for (segment, changes) in segments.into_iter().zip(changes) {
            let node = changes.map(|changes| segment.into_node(changes, &nodes, cache));
            nodes.push(node);
        }
        if let Err(error) = cache.compact(appended.into_iter()) {
            // The blocks stay as they are, which costs time and no more.
            tracing::warn!("keys were not joined: {error}");
        }
        Ok(())
    }
}

impl PassSegment {
    /// What changes at its node, if that is stored.
    fn changes(&self, added: Vec<Added>) -> Result<Option<Vec<Change>>> {
        let changes = || match &self.extends {
            Some(node) => node.changes(added),
            None => added.into_iter().map(|added| State::Empty.change(added)).collect(),
        };
        self.stored.then(changes).transpose()
    }

    /// Its node after the pass; `nodes` are those of earlier segments.
    fn into_node(
        self,
        changes: Vec<Change>,
        nodes: &[Option<Arc<Node>>],
        cache: &mut Cache,
    ) -> Arc<Node> {
        let (tokens, id) = (self.rows.len(), self.node);
        if let Some(extended) = self.extends {
            let node = cache.nodes.entry(id).or_insert(extended);
            Arc::make_mut(node).append(tokens, changes);
            return node.clone();
        }
        let parent = self.parent.and_then(|link| match link {
            Link::Pass(index) => nodes[index].clone(),
            Link::Cached(node) => Some(node),
        });
        let states = vec![State::Empty; changes.len()];
        let mut node = Node { parent, start: self.start, tokens: 0, states };
        node.append(tokens, changes);
        let node = Arc::new(node);
        if self.keep {
            cache.nodes.insert(id, node.clone());
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::cache::KeyBlock;
    use crate::{Batch, Segment, UNCOUNTED};

    /// Commits a pass of segments of one token each.
    fn run(cache: &mut Cache, segments: Vec<Segment>) -> Result<()> {
        let key = Tensor::zeros((1, 2), candle_core::DType::F32, &Device::Cpu)?;
        let added = vec![vec![Added::Keys(KeyBlock::whole(key.clone(), key))]; segments.len()];
        let batch = Batch { segments, groups: 0 };
        Pass::new(&batch, cache, 1).expect("a batch that fits the cache").commit(added, cache)
    }

    fn segment(node: NodeId, parent: Option<NodeId>, append: bool) -> Segment {
        let (tokens, groups) = (vec![0], vec![UNCOUNTED]);
        Segment { node, parent, append, tokens, groups, keep: true, ..Segment::default() }
    }

    #[test]
    fn what_is_appended_changes_the_node_in_place() -> Result<()> {
        let mut cache = Cache::new(1);
        run(&mut cache, vec![segment(1, None, false), segment(2, Some(1), false)])?;
        let place = Arc::as_ptr(&cache.nodes[&2]);
        for tokens in 2..10 {
            run(&mut cache, vec![segment(2, None, true)])?;
            let node = &cache.nodes[&2];
            assert_eq!((Arc::as_ptr(node), node.tokens, node.end()), (place, tokens, tokens + 1));
            assert_eq!(node.blocks(0).iter().map(|block| block.rows.len()).sum::<usize>(), tokens);
        }
        Ok(())
    }

    #[test]
    fn a_child_keeps_the_node_as_it_was() -> Result<()> {
        let mut cache = Cache::new(1);
        run(&mut cache, vec![segment(1, None, false), segment(2, Some(1), false)])?;
        // A child beside the tokens that are appended, and one of the node with them.
        run(
            &mut cache,
            vec![segment(3, Some(2), false), segment(2, None, true), segment(4, Some(2), false)],
        )?;
        run(&mut cache, vec![segment(2, None, true)])?;
        let ends = [1, 2, 3, 4].map(|node| cache.position(node).unwrap_or_default());
        assert_eq!(ends, [1, 4, 3, 4]);
        let parent = |node| cache.nodes[&node].parent.as_ref().map_or(0, |parent| parent.tokens);
        assert_eq!([2, 3, 4].map(parent), [1, 1, 2]);
        Ok(())
    }
}
