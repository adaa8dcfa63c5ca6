//! Softmax over keys that come block by block (online softmax, arXiv:2205.14135).

use std::ops::Range;

use super::keys::{Blocks, Part, Rows};
use super::{Block, Heads};
use crate::kernels::vector;

/// Keys that one step of a tile looks at: whole panels.
pub(super) const KEYS: usize = 256;

/// One key/value head of a layer.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) blocks: &'a Blocks<'a>,
    pub(super) head: usize,
    /// A score of each query head of the layer.
    pub(super) sinks: Option<&'a [f32]>,
}

/// A tile's rows: maxima, sums and weighted values so far.
pub(super) struct Running<'a> {
    head: usize,
    heads: Heads,
    blocks: &'a Blocks<'a>,
    maxima: Vec<f32>,
    sums: Vec<f32>,
    values: Vec<f32>,
    /// Of one step, rows [`KEYS`] apart.
    scores: &'a mut Vec<f32>,
}

/// Keys `start..start + keys` of a block.
#[derive(Clone, Copy)]
struct Step<'a> {
    block: Block<'a>,
    start: usize,
    keys: usize,
}

impl<'a> Running<'a> {
    /// A sink is what a row has seen before its first key: its score, and no value.
    pub(super) fn new(tokens: usize, head: Head<'a>, scores: &'a mut Vec<f32>) -> Self {
        let Head { blocks, head, sinks } = head;
        let heads = blocks.heads();
        let (group, rows) = (heads.group(), tokens * heads.group());
        let sinks = sinks.map(|all| &all[head * group..][..group]);
        let maximum = |row: usize| sinks.map_or(f32::NEG_INFINITY, |s| s[row % group]);
        scores.resize(scores.len().max(rows * KEYS), 0.0);
        Self {
            head,
            heads,
            blocks,
            maxima: (0..rows).map(maximum).collect(),
            sums: vec![if sinks.is_some() { 1.0 } else { 0.0 }; rows],
            values: vec![0.0; rows * heads.value_dim],
            scores,
        }
    }

    /// Lets the tile's tokens from `first` on, which stand at `positions`, see a block.
    pub(super) fn see(&mut self, q: &[f32], first: usize, positions: &[usize], block: Block<'_>) {
        let keys = block.k.len() / (self.heads.kv * self.heads.key_dim);
        let seen = || positions.iter().map(|&p| self.heads.visible(p, block.start, keys));
        let from = seen().map(|range| range.start).min().unwrap_or(0) / KEYS * KEYS;
        let to = seen().map(|range| range.end).max().unwrap_or(0);
        for start in (from..to).step_by(KEYS) {
            self.step(q, first, positions, Step { block, start, keys: KEYS.min(to - start) });
        }
    }

    fn step(&mut self, q: &[f32], first: usize, positions: &[usize], step: Step<'_>) {
        let Heads { key_dim, value_dim, .. } = self.heads;
        let group = self.heads.group();
        let (first, count) = (first * group, positions.len() * group);
        let Step { block, start, keys } = step;
        let part = Part { block, head: self.head, start, keys };
        let q = Rows { numbers: &q[first * key_dim..], stride: key_dim, count };
        self.blocks.scores(q, &part, self.scores, KEYS);
        for i in 0..count {
            let visible = self.heads.visible(positions[i / group], block.start + start, keys);
            self.normalise(first + i, i, keys, visible);
        }
        let weights = Rows { numbers: self.scores, stride: KEYS, count };
        self.blocks.add_values(weights, &part, &mut self.values[first * value_dim..]);
    }

    /// Turns one row of scores into weights relative to the running maximum.
    fn normalise(&mut self, row: usize, score_row: usize, width: usize, visible: Range<usize>) {
        let scores = &mut self.scores[score_row * KEYS..][..width];
        scores[..visible.start].fill(0.0);
        scores[visible.end..].fill(0.0);
        let seen = &mut scores[visible];
        if seen.is_empty() {
            return;
        }
        let maximum = vector::max(seen).max(self.maxima[row]);
        let shrink = (self.maxima[row] - maximum).exp();
        self.sums[row] = self.sums[row] * shrink + vector::exp_sum(seen, maximum);
        if shrink != 1.0 {
            let width = self.heads.value_dim;
            vector::scale(&mut self.values[row * width..][..width], shrink);
        }
        self.maxima[row] = maximum;
    }

    pub(super) fn finish(mut self) -> Vec<f32> {
        for (row, sum) in self.values.chunks_mut(self.heads.value_dim).zip(&self.sums) {
            vector::scale(row, 1.0 / sum);
        }
        self.values
    }
}
