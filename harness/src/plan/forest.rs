use std::ops::Range;

use super::build::{Builder, annotate};
use super::cells::CellRuns;
use crate::encode::Pass;

/// A stretch of token positions that the same sequences share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The node that these tokens continue; `None` at position 0. Always of a lower index.
    pub parent: Option<usize>,
    /// Position of the first token.
    pub start: usize,
    /// The tokens, at most as many as the builder's segment limit.
    pub tokens: Vec<u32>,
    /// Highest index among the children, after which nothing continues this node but a generation.
    pub last_child: Option<usize>,
    /// Rows (token indices in this node, ascending) whose next-token distribution is wanted, with the tokens whose
    /// log-probability is asked for.
    pub wants: Vec<(usize, Vec<u32>)>,
    /// What the routing of each token counts for.
    pub cells: CellRuns,
    /// Passes that end here and are to be continued.
    pub generating: Vec<usize>,
}

/// Where the log-probability of one scored token will be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowTarget {
    /// The node.
    pub node: usize,
    /// Index in [`Node::wants`].
    pub want: usize,
    /// Index among that row's targets.
    pub target: usize,
}

/// One sequence's place in the forest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassPlan {
    /// The node that holds its last token.
    pub end: usize,
    /// One entry a scored token, in order.
    pub scored: Vec<RowTarget>,
}

/// The distinct token positions of a set of sequences, as a forest of segments in depth-first order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forest {
    /// All segments; a parent stands before its children.
    pub nodes: Vec<Node>,
    /// One entry a pass, in the order given.
    pub passes: Vec<PassPlan>,
}

impl Forest {
    /// Builds the forest of `(document, pass)` pairs; no node is longer than `segment_limit` tokens (at least 1).
    pub fn new(passes: &[(usize, &Pass)], segment_limit: usize) -> Self {
        let mut forest = Builder::new(passes, segment_limit.max(1)).build();
        annotate(&mut forest, passes);
        forest
    }

    /// Distinct token positions.
    pub fn tokens(&self) -> usize {
        self.nodes.iter().map(|node| node.tokens.len()).sum()
    }

    /// The next batch: nodes from `from` on with at most `budget` tokens together, at least one node if any is left.
    pub fn batch_from(&self, from: usize, budget: usize) -> Range<usize> {
        let mut tokens = 0;
        let fits = |node: &&Node| {
            tokens += node.tokens.len();
            tokens <= budget
        };
        let fitting = self.nodes[from..].iter().take_while(fits).count();
        let least = usize::from(from < self.nodes.len());
        from..from + fitting.max(least)
    }

    /// Whether some node from index `end` on, or a generation, continues `node`.
    pub fn is_continued(&self, node: usize, end: usize) -> bool {
        let node = &self.nodes[node];
        !node.generating.is_empty() || node.last_child.is_some_and(|child| child >= end)
    }
}

#[cfg(test)]
mod tests {
    use harness_reports::Span;

    use super::*;

    fn pass(tokens: &[u32], first_row: usize, targets: &[u32]) -> Pass {
        Pass {
            tokens: tokens.to_vec(),
            spans: vec![Some(Span::Question); tokens.len()],
            first_row,
            targets: targets.to_vec(),
            generation: None,
        }
    }

    fn forest(passes: &[Pass], limit: usize) -> Forest {
        let pairs: Vec<_> = passes.iter().enumerate().collect();
        Forest::new(&pairs, limit)
    }

    #[test]
    fn choices_share_their_question() {
        let passes = [
            pass(&[1, 2, 3, 7], 2, &[7, 9]),
            pass(&[1, 2, 3, 8], 2, &[8, 9]),
            pass(&[1, 2, 3], 2, &[5]),
        ];
        let forest = forest(&passes, 100);
        assert_eq!(forest.tokens(), 5);
        assert_eq!(forest.nodes[0].tokens, [1, 2, 3]);
        assert_eq!(forest.nodes[0].wants, [(2, vec![5, 7, 8])]);
        assert_eq!(forest.nodes[0].last_child, Some(2));
        assert_eq!(forest.nodes[0].cells.runs[0].1.len(), 3, "three documents count the question");
        assert_eq!(forest.passes[1].scored[0], RowTarget { node: 0, want: 0, target: 2 });
    }

    #[test]
    fn every_pass_is_spelled_by_its_path_and_every_target_is_wanted() {
        let passes: Vec<Pass> = (0..60u32)
            .map(|i| {
                let tokens: Vec<u32> = (0..=i % 9).map(|j| (i >> j) & 1).collect();
                pass(&tokens, tokens.len() - 1, &[i])
            })
            .collect();
        for limit in [1, 2, 100] {
            let forest = forest(&passes, limit);
            for (pass, plan) in passes.iter().zip(&forest.passes) {
                let mut spelled = Vec::new();
                let mut at = Some(plan.end);
                while let Some(node) = at {
                    spelled.splice(0..0, forest.nodes[node].tokens.iter().copied());
                    at = forest.nodes[node].parent;
                }
                assert_eq!(spelled, pass.tokens);
                let found = plan.scored[0];
                let (row, targets) = &forest.nodes[found.node].wants[found.want];
                assert_eq!(forest.nodes[found.node].start + row, pass.first_row);
                assert_eq!(targets[found.target], pass.targets[0]);
            }
            let counted: usize = forest
                .nodes
                .iter()
                .flat_map(|n| &n.cells.runs)
                .map(|(r, c)| r.len() * c.len())
                .sum();
            assert_eq!(counted, passes.iter().map(|p| p.tokens.len()).sum::<usize>());
        }
    }

    #[test]
    fn batches_cover_all_nodes_within_the_budget() {
        let passes: Vec<Pass> = (0..40).map(|i| pass(&[i / 8, i / 4, i / 2, i], 3, &[0])).collect();
        let forest = forest(&passes, 3);
        let mut from = 0;
        while from < forest.nodes.len() {
            let batch = forest.batch_from(from, 7);
            let tokens: usize = forest.nodes[batch.clone()].iter().map(|n| n.tokens.len()).sum();
            assert!(tokens <= 7 && !batch.is_empty());
            from = batch.end;
        }
    }
}
