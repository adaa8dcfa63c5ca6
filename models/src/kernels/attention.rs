//! Causal attention over a forest of segments, without a score matrix.
//!
//! A tile is a few query rows of segments that share one chain of ancestors, times the query heads
//! of one key/value head. It walks the ancestors' keys, then each segment's own, in blocks, and keeps
//! a running maximum and sum per row. Sibling segments share
//! tiles, so a trunk's keys are read once for many branches.

mod keys;
mod running;

use std::ops::Range;

use rayon::prelude::*;

use super::vector;
use keys::{Blocks, FEW};
use running::{Head, Running};

/// Rows (tokens × query heads of one key/value head) of a tile.
const ROWS: usize = 256;

/// The shape of one attention layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    pub(crate) query: usize,
    pub(crate) kv: usize,
    pub(crate) key_dim: usize,
    pub(crate) value_dim: usize,
    pub(crate) scale: f32,
    /// How many tokens a token sees, itself included; all before it where absent.
    pub(crate) window: Option<usize>,
}

impl Heads {
    /// Query heads of one key/value head.
    fn group(&self) -> usize {
        self.query / self.kv
    }

    /// Which of `keys` keys, the first of them at position `first`, a token sees.
    fn visible(&self, position: usize, first: usize, keys: usize) -> Range<usize> {
        let end = (position + 1).saturating_sub(first).min(keys);
        let start = self.window.map_or(0, |w| (position + 1).saturating_sub(first + w));
        start.min(end)..end
    }
}

/// Consecutive keys and values, `[rows, kv · dim]` each.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    /// Position of the first key in its sequence.
    pub(crate) start: usize,
}

impl Block<'_> {
    /// Tells a block from others in memory.
    fn address(&self) -> usize {
        self.k.as_ptr().addr()
    }
}

/// A segment's own part of its keys, in blocks of type `B`.
pub(crate) struct Member<B> {
    /// Keys of its node from earlier passes.
    pub(crate) earlier: Vec<B>,
    /// Keys of its own tokens.
    pub(crate) own: B,
    /// Position of its first token.
    pub(crate) start: usize,
    /// Its first row in the packed batch.
    pub(crate) first: usize,
    /// Its tokens.
    pub(crate) tokens: usize,
}

/// Segments with the same ancestors.
pub(crate) struct Siblings<B> {
    pub(crate) ancestors: Vec<B>,
    pub(crate) members: Vec<Member<B>>,
}

/// Attends every row of `q` (`[rows, query · key_dim]`) to its own and its ancestors' keys.
///
/// `sinks` has one score a query head that takes part in the softmax and has no value. Returns
/// `[rows, query · value_dim]`.
pub(crate) fn attend(
    q: &[f32],
    forest: &[Siblings<Block<'_>>],
    heads: Heads,
    sinks: Option<&[f32]>,
) -> Vec<f32> {
    let tiles: Vec<Tile<'_>> = forest.iter().flat_map(|s| tiles_of(s, heads)).collect();
    let blocks = Blocks::prepare(tiles.iter().flat_map(|t| t.well_used(heads)), heads);
    let work: Vec<(&Tile<'_>, usize)> =
        tiles.iter().flat_map(|t| (0..heads.kv).map(move |h| (t, h))).collect();
    let parts: Vec<Vec<f32>> = work
        .par_iter()
        .map_init(Vec::new, |scores, (tile, h)| {
            tile.run(q, Head { blocks: &blocks, head: *h, sinks }, scores)
        })
        .collect();
    let width = heads.query * heads.value_dim;
    let mut out = vec![0.0; q.len() / (heads.query * heads.key_dim) * width];
    for ((tile, head), part) in work.iter().zip(&parts) {
        tile.scatter(&mut out, part, *head, heads);
    }
    out
}

struct Tile<'a> {
    ancestors: &'a [Block<'a>],
    pieces: Vec<Piece<'a>>,
}

/// Rows `from..to` of one member.
struct Piece<'a> {
    member: &'a Member<Block<'a>>,
    from: usize,
    to: usize,
}

fn tiles_of<'a>(siblings: &'a Siblings<Block<'a>>, heads: Heads) -> Vec<Tile<'a>> {
    let most = (ROWS / heads.group()).max(1);
    let mut tiles = vec![];
    let mut pieces: Vec<Piece<'_>> = vec![];
    let mut room = most;
    for member in &siblings.members {
        let mut from = 0;
        while from < member.tokens {
            let to = member.tokens.min(from + room);
            pieces.push(Piece { member, from, to });
            room -= to - from;
            from = to;
            if room == 0 {
                tiles.push(Tile {
                    ancestors: &siblings.ancestors,
                    pieces: std::mem::take(&mut pieces),
                });
                room = most;
            }
        }
    }
    if !pieces.is_empty() {
        tiles.push(Tile { ancestors: &siblings.ancestors, pieces });
    }
    tiles
}

impl Tile<'_> {
    fn tokens(&self) -> usize {
        self.pieces.iter().map(|p| p.to - p.from).sum()
    }

    /// Packed row numbers, in the tile's order.
    fn rows(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().flat_map(|p| p.member.first + p.from..p.member.first + p.to)
    }

    /// The blocks that many rows look at.
    fn well_used(&self, heads: Heads) -> impl Iterator<Item = Block<'_>> {
        let many = move |tokens: usize| tokens * heads.group() > FEW;
        let ancestors = self.ancestors.iter().filter(move |_| many(self.tokens()));
        let pieces = self.pieces.iter().filter(move |p| many(p.to - p.from));
        let own = pieces.flat_map(|p| p.member.earlier.iter().chain([&p.member.own]));
        ancestors.chain(own).copied()
    }

    /// Positions of the tile's tokens, in its order.
    fn positions(&self) -> Vec<usize> {
        let range = |p: &Piece<'_>| p.member.start + p.from..p.member.start + p.to;
        self.pieces.iter().flat_map(range).collect()
    }

    /// One key/value head of the tile: `[tokens · group, value_dim]`.
    fn run(&self, q: &[f32], head: Head<'_>, scores: &mut Vec<f32>) -> Vec<f32> {
        let q = self.gather(q, head.head, head.blocks.heads());
        let positions = self.positions();
        let mut state = Running::new(positions.len(), head, scores);
        for block in self.ancestors {
            state.see(&q, 0, &positions, *block);
        }
        let mut first = 0;
        for piece in &self.pieces {
            let positions = &positions[first..first + piece.to - piece.from];
            for block in &piece.member.earlier {
                state.see(&q, first, positions, *block);
            }
            state.see(&q, first, positions, piece.member.own);
            first += positions.len();
        }
        state.finish()
    }

    fn gather(&self, q: &[f32], head: usize, heads: Heads) -> Vec<f32> {
        let width = heads.group() * heads.key_dim;
        let row = |row: usize| &q[row * heads.kv * width + head * width..][..width];
        let mut gathered = Vec::with_capacity(self.tokens() * width);
        self.rows().for_each(|r| gathered.extend_from_slice(row(r)));
        vector::scale(&mut gathered, heads.scale);
        gathered
    }

    fn scatter(&self, out: &mut [f32], part: &[f32], head: usize, heads: Heads) {
        let width = heads.group() * heads.value_dim;
        for (row, part) in self.rows().zip(part.chunks(width)) {
            out[row * heads.kv * width + head * width..][..width].copy_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::running::KEYS;
    use super::*;

    const TOKENS: usize = 2 * KEYS + 37;
    const HEADS: Heads =
        Heads { query: 2, kv: 1, key_dim: 4, value_dim: 4, scale: 0.5, window: Some(KEYS + 5) };

    fn wave(numbers: usize, step: f32) -> Vec<f32> {
        (0..numbers).map(|i| (i as f32 * step).sin()).collect()
    }

    /// Every score and its softmax, sinks included, in f64.
    fn naive(q: &[f32], k: &[f32], v: &[f32], sinks: &[f32]) -> Vec<f64> {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let mut out = vec![];
        for (row, q) in q.chunks(4).enumerate() {
            let token = row / 2;
            let seen = (token + 1).saturating_sub(HEADS.window.unwrap())..token + 1;
            let weight = |key: usize| (0.5 * dot(q, &k[4 * key..4 * key + 4])).exp();
            let sum: f64 = seen.clone().map(weight).sum::<f64>() + f64::from(sinks[row % 2]).exp();
            for i in 0..4 {
                let value = |key: usize| weight(key) * f64::from(v[4 * key + i]);
                out.push(seen.clone().map(value).sum::<f64>() / sum);
            }
        }
        out
    }

    #[test]
    fn windows_and_sinks_count_in_every_block_and_across_kept_state() {
        let (q, k, v) = (wave(TOKENS * 8, 0.37), wave(TOKENS * 4, 0.11), wave(TOKENS * 4, 0.23));
        let sinks = [0.7, 3.0];
        let expected = naive(&q, &k, &v, &sinks);
        for cut in [1, 40, KEYS + 1] {
            let block = |from: usize, to: usize| Block {
                k: &k[4 * from..4 * to],
                v: &v[4 * from..4 * to],
                start: from,
            };
            let (own, tokens) = (block(cut, TOKENS), TOKENS - cut);
            let member = Member { earlier: vec![], own, start: cut, first: 0, tokens };
            let siblings = Siblings { ancestors: vec![block(0, cut)], members: vec![member] };
            let ours = attend(&q[8 * cut..], &[siblings], HEADS, Some(&sinks));
            let near = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() < 1e-5;
            assert!(ours.iter().zip(&expected[8 * cut..]).all(near));
        }
    }
}
