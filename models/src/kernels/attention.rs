//! Causal attention over a forest of segments, without a score matrix.
//!
//! A tile is a few query rows of segments that share one chain of ancestors, times the query heads
//! of one key/value head. It walks the ancestors' keys, then each segment's own, in blocks, and keeps
//! a running maximum and sum per row (online softmax, arXiv:2205.14135). Sibling segments share
//! tiles, so a trunk's keys are read once for many branches.

mod keys;

use rayon::prelude::*;

use super::vector;
use keys::{Blocks, FEW, Part, Rows};

/// Keys that one step of a tile looks at: whole panels.
const KEYS: usize = 256;
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
}

impl Heads {
    /// Query heads of one key/value head.
    fn group(&self) -> usize {
        self.query / self.kv
    }
}

/// Consecutive keys and values, `[rows, kv · dim]` each.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
}

impl Block<'_> {
    /// Tells a block from others in memory.
    fn address(&self) -> usize {
        self.k.as_ptr().addr()
    }
}

/// A segment's own part of its keys.
pub(crate) struct Member<'a> {
    /// Keys of its node from earlier passes.
    pub(crate) earlier: Vec<Block<'a>>,
    /// Keys of its own tokens: row i sees the first i + 1.
    pub(crate) own: Block<'a>,
    /// Its first row in the packed batch.
    pub(crate) first: usize,
    /// Its tokens.
    pub(crate) tokens: usize,
}

/// Segments with the same ancestors.
pub(crate) struct Siblings<'a> {
    pub(crate) ancestors: Vec<Block<'a>>,
    pub(crate) members: Vec<Member<'a>>,
}

/// Attends every row of `q` (`[rows, query · key_dim]`) to its own and its ancestors' keys.
///
/// Returns `[rows, query · value_dim]`.
pub(crate) fn attend(q: &[f32], forest: &[Siblings<'_>], heads: Heads) -> Vec<f32> {
    let tiles: Vec<Tile<'_>> = forest.iter().flat_map(|s| tiles_of(s, heads)).collect();
    let blocks = Blocks::prepare(tiles.iter().flat_map(|t| t.well_used(heads)), heads);
    let work: Vec<(&Tile<'_>, usize)> =
        tiles.iter().flat_map(|t| (0..heads.kv).map(move |h| (t, h))).collect();
    let parts: Vec<Vec<f32>> = work
        .par_iter()
        .map_init(Vec::new, |scores, (tile, h)| tile.run(q, *h, &blocks, scores))
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
    member: &'a Member<'a>,
    from: usize,
    to: usize,
}

fn tiles_of<'a>(siblings: &'a Siblings<'a>, heads: Heads) -> Vec<Tile<'a>> {
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

    /// One key/value head of the tile: `[tokens · group, value_dim]`.
    fn run(&self, q: &[f32], head: usize, blocks: &Blocks<'_>, scores: &mut Vec<f32>) -> Vec<f32> {
        let heads = blocks.heads();
        let q = self.gather(q, head, heads);
        let mut state = Running::new(self.tokens() * heads.group(), head, blocks, scores);
        let all = 0..state.sums.len();
        for block in self.ancestors {
            state.see(&q, all.clone(), *block, usize::MAX);
        }
        let mut first = 0;
        for piece in &self.pieces {
            let rows = first..first + (piece.to - piece.from) * heads.group();
            first = rows.end;
            for block in &piece.member.earlier {
                state.see(&q, rows.clone(), *block, usize::MAX);
            }
            state.see(&q, rows, piece.member.own, piece.from);
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

/// Online softmax of a tile's rows: maxima, sums and weighted values so far.
struct Running<'a> {
    head: usize,
    heads: Heads,
    blocks: &'a Blocks<'a>,
    maxima: Vec<f32>,
    sums: Vec<f32>,
    values: Vec<f32>,
    /// Of one step, rows [`KEYS`] apart.
    scores: &'a mut Vec<f32>,
}

impl<'a> Running<'a> {
    fn new(rows: usize, head: usize, blocks: &'a Blocks<'a>, scores: &'a mut Vec<f32>) -> Self {
        let heads = blocks.heads();
        scores.resize(scores.len().max(rows * KEYS), 0.0);
        Self {
            head,
            heads,
            blocks,
            maxima: vec![f32::NEG_INFINITY; rows],
            sums: vec![0.0; rows],
            values: vec![0.0; rows * heads.value_dim],
            scores,
        }
    }

    /// Lets `rows` see a block. `causal_from` is the key index of the first row's own token
    /// (row i then sees `causal_from + i / group + 1` keys); `usize::MAX` means all.
    fn see(
        &mut self,
        q: &[f32],
        rows: std::ops::Range<usize>,
        block: Block<'_>,
        causal_from: usize,
    ) {
        let keys = block.k.len() / (self.heads.kv * self.heads.key_dim);
        let tokens = rows.len() / self.heads.group();
        let visible = keys.min(causal_from.saturating_add(tokens));
        for start in (0..visible).step_by(KEYS) {
            let step = Step { start, keys: KEYS.min(visible - start), causal_from };
            self.step(q, rows.clone(), block, &step);
        }
    }

    fn step(&mut self, q: &[f32], rows: std::ops::Range<usize>, block: Block<'_>, step: &Step) {
        let Heads { key_dim, value_dim, .. } = self.heads;
        let part = Part { block, head: self.head, start: step.start, keys: step.keys };
        let q = Rows { numbers: &q[rows.start * key_dim..], stride: key_dim, count: rows.len() };
        self.blocks.scores(q, &part, self.scores, KEYS);
        for i in 0..rows.len() {
            let visible = step.visible(i / self.heads.group());
            self.normalise(rows.start + i, i, step.keys, visible);
        }
        let weights = Rows { numbers: self.scores, stride: KEYS, count: rows.len() };
        self.blocks.add_values(weights, &part, &mut self.values[rows.start * value_dim..]);
    }

    /// Turns one row of scores into weights relative to the running maximum.
    fn normalise(&mut self, row: usize, score_row: usize, width: usize, visible: usize) {
        let scores = &mut self.scores[score_row * KEYS..][..width];
        let (seen, hidden) = scores.split_at_mut(visible);
        hidden.fill(0.0);
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

    fn finish(mut self) -> Vec<f32> {
        for (row, sum) in self.values.chunks_mut(self.heads.value_dim).zip(&self.sums) {
            vector::scale(row, 1.0 / sum);
        }
        self.values
    }
}

/// Keys `start..start + keys` of a block.
struct Step {
    start: usize,
    keys: usize,
    causal_from: usize,
}

impl Step {
    /// How many of the step's keys the tile's n-th token sees.
    fn visible(&self, token: usize) -> usize {
        self.causal_from.saturating_add(token + 1).saturating_sub(self.start).min(self.keys)
    }
}
