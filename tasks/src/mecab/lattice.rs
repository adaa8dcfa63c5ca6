//! The cheapest path through the words of a text.

use super::connections::Connections;
use super::lexicon::Word;

/// A word that may stand somewhere: its bytes and what it costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) word: Word,
}

/// A word with the cheapest path up to it.
struct Node {
    start: usize,
    end: usize,
    right: u16,
    cost: i64,
    /// The node before it; the first has none.
    previous: Option<usize>,
}

/// The paths through a text, grown from left to right.
pub(super) struct Lattice<'a> {
    connections: &'a Connections,
    nodes: Vec<Node>,
    /// The nodes that end at each byte, the latest last.
    ends: Vec<Vec<usize>>,
}

impl<'a> Lattice<'a> {
    /// A lattice over a text of so many bytes.
    pub(super) fn new(length: usize, connections: &'a Connections) -> Self {
        let mut ends = vec![Vec::new(); length + 1];
        ends[0].push(0);
        let begin = Node { start: 0, end: 0, right: 0, cost: 0, previous: None };
        Self { connections, nodes: vec![begin], ends }
    }

    /// Whether a path leads to this byte.
    pub(super) fn reaches(&self, at: usize) -> bool {
        !self.ends[at].is_empty()
    }

    /// Adds a word behind the paths that lead to `at`; white space may lie
    /// between. Of equal paths the one whose last word was added last wins,
    /// as in MeCab.
    pub(super) fn add(&mut self, at: usize, candidate: &Candidate) {
        let Candidate { start, end, word } = *candidate;
        let Some((previous, cost)) = self.cheapest(at, word.left) else { return };
        let cost = cost + i64::from(word.cost);
        self.ends[end].push(self.nodes.len());
        self.nodes.push(Node { start, end, right: word.right, cost, previous: Some(previous) });
    }

    fn cheapest(&self, at: usize, left: u16) -> Option<(usize, i64)> {
        let cost = |&index: &usize| {
            let node = &self.nodes[index];
            (index, node.cost + self.connections.cost(node.right, left))
        };
        self.ends[at].iter().rev().map(cost).min_by_key(|(_, cost)| *cost)
    }

    /// The words of the cheapest path, as ranges of bytes; white space at
    /// the end is no word.
    pub(super) fn best(&self) -> Vec<(usize, usize)> {
        let reached = (0..self.ends.len()).rev().find(|&at| self.reaches(at));
        let mut last = reached.and_then(|at| self.cheapest(at, 0)).map(|(index, _)| index);
        let mut words = Vec::new();
        while let Some(node) = last.map(|index| &self.nodes[index]) {
            if node.previous.is_some() {
                words.push((node.start, node.end));
            }
            last = node.previous;
        }
        words.reverse();
        words
    }
}
