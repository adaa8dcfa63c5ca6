//! Keys and values as products want them.
//!
//! A block that many rows look at has its keys turned into panels once, for all its tiles; one that a
//! few rows look at (a step of generation) is read as it lies.

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::prelude::*;

use super::super::tile::{self, Panel, Target, WIDTH};
use super::super::vector;
use super::{Block, Heads};

/// Rows up to which keys are read as they lie.
pub(super) const FEW: usize = 8;

/// The blocks of a layer.
pub(super) struct Blocks<'a> {
    heads: Heads,
    prepared: HashMap<usize, Prepared<'a>>,
}

/// Some rows, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) stride: usize,
    pub(super) count: usize,
}

/// Keys `start..start + keys` of one head of a block; `start` is a multiple of [`WIDTH`].
pub(super) struct Part<'a> {
    pub(super) block: Block<'a>,
    pub(super) head: usize,
    pub(super) start: usize,
    pub(super) keys: usize,
}

impl<'a> Blocks<'a> {
    /// Prepares the given blocks, each once.
    pub(super) fn prepare(blocks: impl Iterator<Item = Block<'a>>, heads: Heads) -> Self {
        let distinct: HashMap<usize, Block<'a>> = blocks.map(|b| (b.address(), b)).collect();
        let distinct: Vec<Block<'a>> = distinct.into_values().collect();
        let one = |block: &Block<'a>| Prepared::new(*block, heads);
        let prepared: Vec<Prepared<'a>> = distinct.par_iter().map(one).collect();
        let names = distinct.iter().map(|block| block.address());
        Self { heads, prepared: names.zip(prepared).collect() }
    }

    pub(super) fn heads(&self) -> Heads {
        self.heads
    }

    /// Products of queries with the part's keys, to rows of `out` that are `stride` apart.
    pub(super) fn scores(&self, q: Rows<'_>, part: &Part<'_>, out: &mut [f32], stride: usize) {
        match self.prepared.get(&part.block.address()) {
            Some(prepared) => prepared.scores(q, part, self.heads, out, stride),
            None => self.scores_as_they_lie(q, part, out, stride),
        }
    }

    /// Adds the part's values, weighted, to rows of `out` (`[rows, value_dim]`).
    pub(super) fn add_values(&self, weights: Rows<'_>, part: &Part<'_>, out: &mut [f32]) {
        match self.prepared.get(&part.block.address()) {
            Some(prepared) => prepared.add_values(weights, part, self.heads, out),
            None => self.add_values_as_they_lie(weights, part, out),
        }
    }

    fn scores_as_they_lie(&self, q: Rows<'_>, part: &Part<'_>, out: &mut [f32], stride: usize) {
        let dim = self.heads.key_dim;
        for row in 0..q.count {
            let q = &q.numbers[row * q.stride..][..dim];
            let out = &mut out[row * stride..][..part.keys];
            let keys = part.lines(part.block.k, self.heads.kv, dim);
            out.iter_mut().zip(keys).for_each(|(out, key)| *out = vector::dot(q, key));
        }
    }

    fn add_values_as_they_lie(&self, weights: Rows<'_>, part: &Part<'_>, out: &mut [f32]) {
        let dim = self.heads.value_dim;
        for (row, out) in out.chunks_mut(dim).take(weights.count).enumerate() {
            let weights = &weights.numbers[row * weights.stride..][..part.keys];
            let values = part.lines(part.block.v, self.heads.kv, dim);
            weights.iter().zip(values).for_each(|(&w, value)| vector::add_scaled(out, value, w));
        }
    }
}

impl<'a> Part<'a> {
    /// This head's numbers of each of the part's rows.
    fn lines(&self, x: &'a [f32], kv: usize, dim: usize) -> impl Iterator<Item = &'a [f32]> {
        let head = self.head * dim..(self.head + 1) * dim;
        x.chunks(kv * dim).skip(self.start).take(self.keys).map(move |row| &row[head.clone()])
    }
}

/// A block as panels.
struct Prepared<'a> {
    /// `[kv head, panel of keys, key_dim, WIDTH]`
    keys: Vec<[f32; WIDTH]>,
    panels: usize,
    /// `[keys, kv, padded value_dim]`
    values: Cow<'a, [f32]>,
}

impl<'a> Prepared<'a> {
    fn new(block: Block<'a>, heads: Heads) -> Self {
        let Heads { kv, key_dim, value_dim, .. } = heads;
        let panels = (block.k.len() / (kv * key_dim)).div_ceil(WIDTH);
        let mut keys = vec![[0.0; WIDTH]; kv * panels * key_dim];
        for (key, row) in block.k.chunks(kv * key_dim).enumerate() {
            for (head, row) in row.chunks(key_dim).enumerate() {
                let lines = &mut keys[(head * panels + key / WIDTH) * key_dim..][..key_dim];
                lines.iter_mut().zip(row).for_each(|(line, &k)| line[key % WIDTH] = k);
            }
        }
        Self { keys, panels, values: padded(block.v, value_dim) }
    }

    fn scores(&self, q: Rows<'_>, part: &Part<'_>, heads: Heads, out: &mut [f32], stride: usize) {
        let dim = heads.key_dim;
        let x = tile::Rows { numbers: q.numbers, stride: q.stride, count: q.count, inputs: dim };
        for first in (0..part.keys).step_by(WIDTH) {
            let panel = part.head * self.panels + (part.start + first) / WIDTH;
            let numbers = self.keys[panel * dim..][..dim].as_flattened();
            let columns = WIDTH.min(part.keys - first);
            let out = Target { numbers: &mut out[first..], stride, columns, add: false };
            tile::product(x, Panel::F32 { numbers, stride: WIDTH }, out);
        }
    }

    fn add_values(&self, weights: Rows<'_>, part: &Part<'_>, heads: Heads, out: &mut [f32]) {
        let (dim, padded) = (heads.value_dim, heads.value_dim.next_multiple_of(WIDTH));
        let Rows { numbers, stride, count } = weights;
        let x = tile::Rows { numbers, stride, count, inputs: part.keys };
        for first in (0..dim).step_by(WIDTH) {
            let numbers = &self.values[(part.start * heads.kv + part.head) * padded + first..];
            let columns = WIDTH.min(dim - first);
            let out = Target { numbers: &mut out[first..], stride: dim, columns, add: true };
            tile::product(x, Panel::F32 { numbers, stride: heads.kv * padded }, out);
        }
    }
}

/// Values whose heads are filled up to whole panels.
fn padded(values: &[f32], dim: usize) -> Cow<'_, [f32]> {
    let padded = dim.next_multiple_of(WIDTH);
    if padded == dim {
        return values.into();
    }
    let mut out = vec![0.0; values.len() / dim * padded];
    let lines = out.chunks_mut(padded).zip(values.chunks(dim));
    lines.for_each(|(line, value)| line[..dim].copy_from_slice(value));
    out.into()
}
