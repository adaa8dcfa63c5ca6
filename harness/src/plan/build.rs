use std::ops::Range;

use super::cells::{Cell, CellRuns, runs_of};
use super::forest::{Forest, Node, PassPlan, RowTarget};
use crate::encode::Pass;

/// Sequences `sorted[range]` that agree on their first `depth` tokens, and the node that ends there.
struct Work {
    range: Range<usize>,
    depth: usize,
    parent: Option<usize>,
}

/// Builds the nodes by sorting the sequences, so that those with a common prefix stand side by side.
pub(super) struct Builder<'a> {
    passes: &'a [(usize, &'a Pass)],
    sorted: Vec<usize>,
    segment_limit: usize,
    forest: Forest,
}

impl<'a> Builder<'a> {
    pub(super) fn new(passes: &'a [(usize, &'a Pass)], segment_limit: usize) -> Self {
        let mut sorted: Vec<usize> =
            (0..passes.len()).filter(|&i| !passes[i].1.tokens.is_empty()).collect();
        sorted.sort_by(|&a, &b| passes[a].1.tokens.cmp(&passes[b].1.tokens).then(a.cmp(&b)));
        let forest = Forest { nodes: Vec::new(), passes: vec![PassPlan::default(); passes.len()] };
        Self { passes, sorted, segment_limit, forest }
    }

    /// A stack instead of recursion: the depth of a forest is set by its input.
    pub(super) fn build(mut self) -> Forest {
        let mut stack = self.branches(Work { range: 0..self.sorted.len(), depth: 0, parent: None });
        while let Some(work) = stack.pop() {
            let ended = self.grow(work);
            stack.extend(self.branches(ended));
        }
        self.forest
    }

    fn tokens(&self, at: usize) -> &'a [u32] {
        &self.passes[self.sorted[at]].1.tokens
    }

    /// Adds the tokens that all of `work`'s sequences share next, as one node or a chain of nodes.
    fn grow(&mut self, work: Work) -> Work {
        let (first, last) = (self.tokens(work.range.start), self.tokens(work.range.end - 1));
        let shared =
            first[work.depth..].iter().zip(&last[work.depth..]).take_while(|(a, b)| a == b).count();
        let (mut depth, mut parent) = (work.depth, work.parent);
        for piece in first[work.depth..work.depth + shared].chunks(self.segment_limit) {
            parent = Some(self.add_node(parent, depth, piece));
            depth += piece.len();
        }
        Work { range: work.range, depth, parent }
    }

    fn add_node(&mut self, parent: Option<usize>, start: usize, tokens: &[u32]) -> usize {
        let index = self.forest.nodes.len();
        if let Some(parent) = parent {
            self.forest.nodes[parent].last_child = Some(index);
        }
        self.forest.nodes.push(Node { parent, start, tokens: tokens.to_vec(), ..Node::default() });
        index
    }

    /// Ends the sequences that are complete and returns the others by their next token, the first of them last, so
    /// that a stack takes them in order.
    fn branches(&mut self, work: Work) -> Vec<Work> {
        let Work { mut range, depth, parent } = work;
        while range.start < range.end && self.tokens(range.start).len() == depth {
            self.forest.passes[self.sorted[range.start]].end = parent.unwrap_or_default();
            range.start += 1;
        }
        let mut found = Vec::new();
        while range.start < range.end {
            let token = self.tokens(range.start)[depth];
            let same =
                (range.start..range.end).take_while(|&at| self.tokens(at)[depth] == token).count();
            found.push(Work { range: range.start..range.start + same, depth, parent });
            range.start += same;
        }
        found.reverse();
        found
    }
}

/// Hangs on the nodes what each sequence wants and counts.
pub(super) fn annotate(forest: &mut Forest, passes: &[(usize, &Pass)]) {
    let mut runs: Vec<Vec<(Range<usize>, Cell)>> = vec![Vec::new(); forest.nodes.len()];
    let mut rows: Vec<Vec<(usize, Option<u32>)>> = vec![Vec::new(); forest.nodes.len()];
    for (index, &(document, pass)) in passes.iter().enumerate() {
        if pass.tokens.is_empty() {
            continue;
        }
        let path = path_to(forest, forest.passes[index].end);
        clip_runs(forest, &path, &runs_of(pass, document), &mut runs);
        for (node, row, target) in scored_rows(forest, &path, pass) {
            rows[node].push((row, Some(target)));
        }
        if pass.generation.is_some() {
            let end = forest.passes[index].end;
            rows[end].push((forest.nodes[end].tokens.len() - 1, None));
            forest.nodes[end].generating.push(index);
        }
    }
    for ((node, runs), rows) in forest.nodes.iter_mut().zip(runs).zip(rows) {
        node.cells = CellRuns::overlay(node.tokens.len(), &runs);
        node.wants = wants(rows);
    }
    find_targets(forest, passes);
}

/// Nodes from the root to `end`.
fn path_to(forest: &Forest, end: usize) -> Vec<usize> {
    let parents = std::iter::successors(Some(end), |&node| forest.nodes[node].parent);
    let mut path: Vec<usize> = parents.collect();
    path.reverse();
    path
}

fn end_of(node: &Node) -> usize {
    node.start + node.tokens.len()
}

fn clip_runs(
    forest: &Forest,
    path: &[usize],
    runs: &[(Range<usize>, Cell)],
    into: &mut [Vec<(Range<usize>, Cell)>],
) {
    for &index in path {
        let node = &forest.nodes[index];
        for (range, cell) in runs {
            let clipped = range.start.max(node.start)..range.end.min(end_of(node));
            if clipped.start < clipped.end {
                into[index].push((clipped.start - node.start..clipped.end - node.start, *cell));
            }
        }
    }
}

/// (node, row in it, token) of each scored token.
fn scored_rows(forest: &Forest, path: &[usize], pass: &Pass) -> Vec<(usize, usize, u32)> {
    let mut at = 0;
    let mut place = |(offset, &token): (usize, &u32)| {
        let position = pass.first_row + offset;
        while position >= end_of(&forest.nodes[path[at]]) {
            at += 1;
        }
        (path[at], position - forest.nodes[path[at]].start, token)
    };
    pass.targets.iter().enumerate().map(&mut place).collect()
}

/// Merges (row, target) pairs by row; a generation wants a row without any target.
fn wants(mut rows: Vec<(usize, Option<u32>)>) -> Vec<(usize, Vec<u32>)> {
    rows.sort_unstable();
    rows.dedup();
    let same_row = |a: &(usize, Option<u32>), b: &(usize, Option<u32>)| a.0 == b.0;
    let merge = |group: &[(usize, Option<u32>)]| {
        (group[0].0, group.iter().filter_map(|(_, target)| *target).collect())
    };
    rows.chunk_by(same_row).map(merge).collect()
}

fn find_targets(forest: &mut Forest, passes: &[(usize, &Pass)]) {
    for (index, (_, pass)) in passes.iter().enumerate() {
        if pass.targets.is_empty() {
            continue;
        }
        let path = path_to(forest, forest.passes[index].end);
        let found =
            scored_rows(forest, &path, pass).into_iter().filter_map(|(node, row, token)| {
                let wants = &forest.nodes[node].wants;
                let want = wants.binary_search_by_key(&row, |(row, _)| *row).ok()?;
                let target = wants[want].1.binary_search(&token).ok()?;
                Some(RowTarget { node, want, target })
            });
        forest.passes[index].scored = found.collect();
    }
}
