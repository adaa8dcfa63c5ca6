use std::ops::Range;

use harness_models::{Batch, Segment, UNCOUNTED, Want};

use super::generation::Sequence;
use super::groups::Groups;
use crate::plan::{Cell, Forest, Node};

/// A batch of one token of each sequence, then the forest's nodes. Without groups nothing is counted.
pub(super) fn plan_batch(
    forest: &Forest,
    nodes: Range<usize>,
    sequences: &[Sequence],
    groups: Option<&mut Groups>,
) -> Batch {
    let mut plan = BatchPlan { batch: Batch::default(), groups };
    for sequence in sequences {
        plan.add_sequence(sequence);
    }
    let end = nodes.end;
    for index in nodes {
        plan.add_node(index, &forest.nodes[index], forest.is_continued(index, end));
    }
    plan.batch.groups = plan.groups.map_or(0, |groups| groups.len());
    plan.batch
}

/// A batch under construction.
struct BatchPlan<'a> {
    batch: Batch,
    groups: Option<&'a mut Groups>,
}

impl BatchPlan<'_> {
    fn add_sequence(&mut self, sequence: &Sequence) {
        let group = self.group(&[sequence.cell]);
        self.batch.segments.push(Segment {
            node: sequence.node,
            parent: (!sequence.started).then_some(sequence.prompt),
            append: sequence.started,
            tokens: vec![sequence.next],
            groups: vec![group],
            keep: true,
            wants: vec![Want { row: 0, targets: Vec::new() }],
        });
    }

    fn add_node(&mut self, index: usize, node: &Node, keep: bool) {
        let mut groups = vec![UNCOUNTED; node.tokens.len()];
        for (range, cells) in &node.cells.runs {
            let group = self.group(cells);
            groups[range.clone()].fill(group);
        }
        let want =
            |(row, targets): &(usize, Vec<u32>)| Want { row: *row, targets: targets.clone() };
        self.batch.segments.push(Segment {
            node: node_id(index),
            parent: node.parent.map(node_id),
            append: false,
            tokens: node.tokens.clone(),
            groups,
            keep,
            wants: node.wants.iter().map(want).collect(),
        });
    }

    fn group(&mut self, cells: &[Cell]) -> u32 {
        self.groups.as_mut().map_or(UNCOUNTED, |groups| groups.of(cells))
    }
}

/// The cache's name for a node of the forest.
pub(super) fn node_id(index: usize) -> u64 {
    index as u64
}
