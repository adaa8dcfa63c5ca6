//! [`Plan`]: which queries a tile holds, and which keys they see.

use std::ops::Range;

use candle_core::{Device, Result, Tensor};

use super::Heads;
use crate::kernels::attention::{Member, Siblings};

/// Queries (tokens × query heads of a key/value head) of a matrix of the kernel, times its warps.
const ROWS: usize = 64;
/// The owner of keys that a whole tile shares.
const EVERYBODY: u32 = u32::MAX;

/// Keys and values of consecutive tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// 0: the packed keys of the pass; n: the n-th of the cached blocks.
    pub(crate) block: usize,
    /// Where they begin in the block.
    pub(crate) row: usize,
    /// How many there are.
    pub(crate) keys: usize,
    /// Position of the first of them in its sequence.
    pub(crate) start: usize,
}

impl Stretch {
    /// The keys from a position on.
    fn from(self, position: usize) -> Self {
        let less = position.saturating_sub(self.start).min(self.keys);
        Self { row: self.row + less, keys: self.keys - less, start: self.start + less, ..self }
    }
}

/// The tiles of a pass, on the device: the same for every layer with such heads and such a window.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// First piece and first stretch of every tile and of the end, pieces, stretches; see `attention.cu`.
    pub(super) table: Tensor,
    pub(super) tiles: usize,
    pub(super) pieces: usize,
    /// Matrices of queries that a warp holds: 1 or 2.
    pub(super) matrices: usize,
}

impl Plan {
    /// Plans the tiles of a forest whose blocks are stretches.
    pub(crate) fn new(device: &Device, forest: &[Siblings<Stretch>], heads: Heads) -> Result<Self> {
        let group = heads.query / heads.kv;
        let rows =
            |family: &Siblings<_>| group * family.members.iter().map(|m| m.tokens).sum::<usize>();
        // Larger tiles read less; where no family fills one, as in a step of generation, they idle.
        let matrices = if forest.iter().any(|family| rows(family) > ROWS) { 2 } else { 1 };
        let most = ROWS * matrices / group;
        let tiles = forest.iter().flat_map(|family| tiles_of(family, most));
        let mut tiles: Vec<Listed> = tiles.map(|tile| tile.list(heads.window)).collect();
        // The longest first, so that none of them is left for the end.
        tiles.sort_by_key(|tile| std::cmp::Reverse(tile.keys));
        let pieces = tiles.iter().map(|tile| tile.pieces.len()).sum();
        let table = table(&tiles);
        let table = Tensor::from_vec(table.clone(), table.len(), device)?;
        Ok(Self { table, tiles: tiles.len(), pieces, matrices })
    }
}

/// Some tokens of a family.
struct Tile<'a> {
    ancestors: &'a [Stretch],
    pieces: Vec<Piece<'a>>,
}

/// Some tokens of one member.
struct Piece<'a> {
    member: &'a Member<Stretch>,
    tokens: Range<usize>,
}

impl Piece<'_> {
    fn lowest(&self) -> usize {
        self.member.start + self.tokens.start
    }
}

/// Tiles of at most so many tokens.
fn tiles_of(family: &Siblings<Stretch>, most: usize) -> Vec<Tile<'_>> {
    let mut tiles: Vec<Tile<'_>> = vec![];
    let mut room = 0;
    for member in &family.members {
        let mut from = 0;
        while from < member.tokens {
            if room == 0 {
                tiles.push(Tile { ancestors: &family.ancestors, pieces: vec![] });
                room = most;
            }
            let tokens = from..member.tokens.min(from + room);
            (from, room) = (tokens.end, room - tokens.len());
            if let Some(tile) = tiles.last_mut() {
                tile.pieces.push(Piece { member, tokens });
            }
        }
    }
    tiles
}

/// A tile as the kernel reads it.
#[derive(Default)]
struct Listed {
    /// First row, tokens, position of the first, tokens before.
    pieces: Vec<[u32; 4]>,
    /// Block, first row, keys, position of the first, owner, keys before.
    stretches: Vec<[u32; 6]>,
    tokens: usize,
    keys: usize,
}

impl Tile<'_> {
    fn list(&self, window: Option<usize>) -> Listed {
        // The first position that a token sees.
        let first = |position: usize| window.map_or(0, |w| (position + 1).saturating_sub(w));
        let lowest = self.pieces.iter().map(Piece::lowest).min().unwrap_or(0);
        let mut listed = Listed::default();
        for stretch in self.ancestors {
            listed.stretch(stretch.from(first(lowest)), EVERYBODY);
        }
        for (index, piece) in self.pieces.iter().enumerate() {
            let owner = if self.pieces.len() == 1 { EVERYBODY } else { index as u32 };
            let own = Stretch { keys: piece.tokens.end, ..piece.member.own };
            for stretch in piece.member.earlier.iter().chain([&own]) {
                listed.stretch(stretch.from(first(piece.lowest())), owner);
            }
            listed.piece(piece);
        }
        listed
    }
}

impl Listed {
    fn piece(&mut self, piece: &Piece<'_>) {
        let row = piece.member.first + piece.tokens.start;
        let numbers = [row, piece.tokens.len(), piece.lowest(), self.tokens];
        self.pieces.push(numbers.map(|number| number as u32));
        self.tokens += piece.tokens.len();
    }

    fn stretch(&mut self, stretch: Stretch, owner: u32) {
        if stretch.keys > 0 {
            let [block, row, keys, start, before] =
                [stretch.block, stretch.row, stretch.keys, stretch.start, self.keys]
                    .map(|n| n as u32);
            self.stretches.push([block, row, keys, start, owner, before]);
            self.keys += stretch.keys;
        }
    }
}

fn table(tiles: &[Listed]) -> Vec<u32> {
    let mut bounds = vec![];
    let (mut pieces, mut stretches) = (0, 0);
    for tile in tiles {
        bounds.extend([pieces, stretches]);
        pieces += tile.pieces.len() as u32;
        stretches += tile.stretches.len() as u32;
    }
    bounds.extend([pieces, stretches]);
    let pieces = tiles.iter().flat_map(|tile| tile.pieces.as_flattened());
    let stretches = tiles.iter().flat_map(|tile| tile.stretches.as_flattened());
    bounds.iter().chain(pieces).chain(stretches).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const HEADS: Heads =
        Heads { query: 16, kv: 2, key_dim: 64, value_dim: 64, scale: 1.0, window: None };

    /// Numbers below a bound, scattered.
    struct Scattered(u64);

    impl Scattered {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) as usize % bound
        }
    }

    /// A trunk in two blocks, and members below it that follow each other in the packed batch.
    fn family(random: &mut Scattered) -> Siblings<Stretch> {
        let (first, second) = (random.below(90), 1 + random.below(90));
        let cached = |block, keys, start| Stretch { block, row: 0, keys, start };
        let ancestors = vec![cached(1, first, 0), cached(2, second, first)];
        let (mut row, mut members) = (0, vec![]);
        for block in 3..4 + random.below(6) {
            let (earlier, tokens) = (random.below(3) * 10, 1 + random.below(40));
            let start = first + second + earlier;
            let own = Stretch { block: 0, row, keys: tokens, start };
            let earlier = vec![cached(block, earlier, first + second)];
            members.push(Member { earlier, own, start, first: row, tokens });
            row += tokens;
        }
        Siblings { ancestors, members }
    }

    /// Block and row of every key that a packed row sees by the table, as the kernel reads it.
    fn seen(plan: &Plan, window: usize) -> HashMap<u32, Vec<(u32, u32)>> {
        let table = plan.table.to_vec1::<u32>().unwrap();
        let (bounds, rest) = table.split_at((plan.tiles + 1) * 2);
        let (pieces, stretches) = rest.split_at(plan.pieces * 4);
        let mut seen: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
        for tile in bounds.windows(4).step_by(2) {
            let part = |all: &[u32], width: usize, which: usize| -> Vec<Vec<u32>> {
                let all = all.chunks(width).map(<[u32]>::to_vec);
                all.take(tile[which + 2] as usize).skip(tile[which] as usize).collect()
            };
            for (index, piece) in part(pieces, 4, 0).into_iter().enumerate() {
                for token in 0..piece[1] {
                    let at = piece[2] + token;
                    let keys = seen.entry(piece[0] + token).or_default();
                    assert!(keys.is_empty(), "a row lies in two tiles");
                    for stretch in part(stretches, 6, 1) {
                        let [block, row, count, start, owner, _] = stretch[..] else { panic!() };
                        let mine = owner == EVERYBODY || owner == index as u32;
                        let visible =
                            |key: &u32| start + key <= at && at - start - key < window as u32;
                        let visible = (0..count).filter(|key| mine && visible(key));
                        keys.extend(visible.map(|key| (block, row + key)));
                    }
                }
            }
        }
        seen
    }

    #[test]
    fn every_query_sees_every_key_that_it_may_see_once() {
        let mut random = Scattered(5);
        for round in 0..60 {
            let family = family(&mut random);
            let window = [None, Some(1 + random.below(120))][round % 2];
            let forest = [family];
            let plan = Plan::new(&Device::Cpu, &forest, Heads { window, ..HEADS }).unwrap();
            let window = window.unwrap_or(usize::MAX >> 40);
            let seen = seen(&plan, window);
            let Siblings { ancestors, members } = &forest[0];
            assert_eq!(seen.len(), members.iter().map(|m| m.tokens).sum::<usize>());
            for member in members {
                for token in 0..member.tokens {
                    let at = member.start + token;
                    let all = ancestors.iter().chain(&member.earlier).chain([&member.own]);
                    let keys = all.flat_map(|s| (0..s.keys).map(move |key| (s, key)));
                    let visible = keys.filter(|(s, key)| {
                        let position = s.start + key;
                        position <= at && at - position < window
                    });
                    let mut expected: Vec<(u32, u32)> =
                        visible.map(|(s, key)| (s.block as u32, (s.row + key) as u32)).collect();
                    let mut listed = seen[&((member.first + token) as u32)].clone();
                    expected.sort_unstable();
                    listed.sort_unstable();
                    assert_eq!(listed, expected);
                }
            }
        }
    }
}
