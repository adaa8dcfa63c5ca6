use std::ops::Range;

use harness_models::{Batch, Segment, UNCOUNTED, Want};

use super::generation::Sequence;
use crate::plan::{Cell, Forest, Node};

/// A batch under construction, and what its routing groups count for.
#[derive(Debug, Default)]
pub(super) struct BatchPlan {
    /// What the model is given.
    pub batch: Batch,
    /// For each routing group the cells that it counts for.
    pub cells: Vec<Vec<Cell>>,
}

impl BatchPlan {
    /// Adds one token of each sequence, then the forest's nodes.
    pub(super) fn new(forest: &Forest, nodes: Range<usize>, sequences: &[Sequence]) -> Self {
        let mut plan = Self::default();
        for sequence in sequences {
            plan.add_sequence(sequence);
        }
        let end = nodes.end;
        for index in nodes {
            plan.add_node(index, &forest.nodes[index], forest.is_continued(index, end));
        }
        plan.batch.groups = plan.cells.len();
        plan
    }

    fn add_sequence(&mut self, sequence: &Sequence) {
        let group = self.group(vec![sequence.cell]);
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
            let group = self.group(cells.clone());
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

    fn group(&mut self, cells: Vec<Cell>) -> u32 {
        self.cells.push(cells);
        u32::try_from(self.cells.len() - 1)
            .expect("a batch has fewer groups than tokens, far below 2^32")
    }
}

/// The cache's name for a node of the forest.
pub(super) fn node_id(index: usize) -> u64 {
    index as u64
}
