//! Choices in the order of their experts.

use candle_core::{DType, Result, Tensor};

use super::{Buffer, Launch, Module, module};

const SORT: Module = module!("sort");
/// Choices that one warp counts and places, as in `sort.cu`.
const CHUNK: usize = 256;
/// Threads that scan the counts of chunks, and the most experts.
const SCANNERS: usize = 1024;

/// Choices (token · top_k + rank) in the order of their experts, all u32.
pub(crate) struct Sorted {
    /// The choice at every place.
    pub(crate) order: Tensor,
    /// The place of every choice.
    pub(crate) place: Tensor,
    /// Where each expert's choices start, `[experts + 1]`.
    pub(crate) starts: Tensor,
    /// Rows that the products take together: their number, then of each its expert and first place.
    pub(crate) tiles: Tensor,
    /// The most rows of a tile.
    pub(crate) tile: usize,
}

/// Rows of a tile: many where experts have many, so that weights are read seldom.
fn tile_rows(choices: usize, experts: usize) -> usize {
    if choices > 48 * experts { 128 } else { 32 }
}

/// Choices that one block sorts, and the shared memory that it counts them in.
const FEW: (usize, usize) = (2048, 32 << 10);

/// Bytes in which one block counts the choices of each 32.
fn few_counts(choices: usize, experts: usize) -> usize {
    2 * choices.div_ceil(32) * experts
}

/// Sorts `ids` (u32 `[tokens, top_k]`) of at most 1,024 experts, equal ones in their order.
pub(crate) fn sort(ids: &Tensor, experts: usize) -> Result<Sorted> {
    let choices = ids.elem_count();
    let mut sorting = Sorting::new(ids, experts)?;
    if choices <= FEW.0 && few_counts(choices, experts) <= FEW.1 {
        sorting.few(ids)?;
    } else {
        sorting.many(ids)?;
    }
    sorting.done()
}

/// What is written while choices are sorted, as in [`Sorted`].
struct Sorting {
    choices: usize,
    experts: usize,
    order: Buffer,
    place: Buffer,
    starts: Buffer,
    tiles: Buffer,
    tile: usize,
}

impl Sorting {
    fn new(ids: &Tensor, experts: usize) -> Result<Self> {
        let choices = ids.elem_count();
        let tile = tile_rows(choices, experts);
        let most_tiles = choices / tile + experts.min(choices);
        let buffer = |numbers| Buffer::new(ids.device(), DType::U32, numbers);
        let (order, place) = (buffer(choices)?, buffer(choices)?);
        let (starts, tiles) = (buffer(experts + 1)?, buffer(1 + 2 * most_tiles)?);
        Ok(Self { choices, experts, order, place, starts, tiles, tile })
    }

    /// Shared memory in which the starts are formed.
    fn shared(&self) -> usize {
        12 * self.experts + 8
    }

    /// Sorts by one block.
    fn few(&mut self, ids: &Tensor) -> Result<()> {
        let shared = self.shared() + few_counts(self.choices, self.experts);
        let listed = self.tiles.numbers;
        Launch::new(SORT, "sort_few", 1, SCANNERS)
            .shared(shared)
            .tensor(ids)
            .buffer(&mut self.order)
            .buffer(&mut self.place)
            .buffer(&mut self.starts)
            .buffer(&mut self.tiles)
            .count(self.choices)
            .count(self.experts)
            .count(self.tile)
            .count(listed)
            .run(ids.device())
    }

    /// Sorts by a warp for every chunk of choices.
    fn many(&mut self, ids: &Tensor) -> Result<()> {
        let &mut Self { choices, experts, tile, .. } = self;
        let (chunks, device, listed) = (choices.div_ceil(CHUNK), ids.device(), self.tiles.numbers);
        let mut counts = Buffer::new(device, DType::U32, chunks * experts)?;
        let launch = Launch::new(SORT, "count_choices", chunks, 32).shared(4 * experts).tensor(ids);
        launch.buffer(&mut counts).count(choices).count(experts).run(device)?;
        Launch::new(SORT, "scan_counts", 1, SCANNERS)
            .shared(self.shared() + 4 * SCANNERS)
            .buffer(&mut counts)
            .buffer(&mut self.starts)
            .buffer(&mut self.tiles)
            .count(chunks)
            .count(experts)
            .count(tile)
            .count(listed)
            .run(device)?;
        Launch::new(SORT, "place_choices", chunks, 32)
            .shared(4 * experts)
            .tensor(ids)
            .tensor(&counts.into_tensor((chunks, experts))?)
            .buffer(&mut self.order)
            .buffer(&mut self.place)
            .count(choices)
            .count(experts)
            .run(device)
    }

    fn done(self) -> Result<Sorted> {
        let Self { choices, experts, order, place, starts, tiles, tile } = self;
        let listed = tiles.numbers;
        Ok(Sorted {
            order: order.into_tensor(choices)?,
            place: place.into_tensor(choices)?,
            starts: starts.into_tensor(experts + 1)?,
            tiles: tiles.into_tensor(listed)?,
            tile,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::emulator::needs_emulator;
    use super::super::testing::device;
    use super::*;
    use crate::kernels::experts;

    /// The tiles of experts that start at `starts`.
    fn tiles(starts: &[usize], tile: usize) -> Vec<u32> {
        let mut tiles = vec![0];
        for (expert, bounds) in starts.windows(2).enumerate() {
            for row in (bounds[0]..bounds[1]).step_by(tile) {
                tiles.extend([expert as u32, row as u32]);
            }
        }
        tiles[0] = (tiles.len() / 2) as u32;
        tiles
    }

    fn check(sorted: &Sorted, ids: &[u32], experts: usize) -> Result<()> {
        let expected = experts::Sorted::new(ids, experts);
        assert_eq!(sorted.order.to_vec1::<u32>()?, expected.order);
        assert_eq!(sorted.place.to_vec1::<u32>()?, expected.place);
        let starts: Vec<usize> =
            sorted.starts.to_vec1::<u32>()?.into_iter().map(|s| s as usize).collect();
        assert_eq!(starts, expected.starts);
        let mut listed = tiles(&expected.starts, sorted.tile);
        listed.resize(sorted.tiles.elem_count(), 0);
        assert_eq!(sorted.tiles.to_vec1::<u32>()?, listed);
        Ok(())
    }

    #[test]
    fn choices_are_sorted_as_on_the_cpu() -> Result<()> {
        needs_emulator!();
        let shapes = [
            (1, 1, 1),
            (1, 8, 128),
            (64, 8, 128),
            (700, 2, 5),
            (37, 6, 40),
            (900, 16, 150),
            (200, 3, 600),
            (40, 11, 1024),
        ];
        for (tokens, top_k, experts) in shapes {
            // Expert 3 is never chosen.
            let hash = |i: usize| ((i * 2_654_435_761) >> 7) % experts;
            let ids: Vec<u32> = (0..tokens * top_k)
                .map(|i| hash(i) as u32)
                .map(|e| if e == 3 { 0 } else { e })
                .collect();
            let tensor = Tensor::from_slice(&ids, (tokens, top_k), &device())?;
            check(&sort(&tensor, experts)?, &ids, experts)?;
            let mut many = Sorting::new(&tensor, experts)?;
            many.many(&tensor)?;
            check(&many.done()?, &ids, experts)?;
        }
        Ok(())
    }

    #[test]
    fn no_choices_have_no_tiles() -> Result<()> {
        needs_emulator!();
        let sorted = sort(&Tensor::zeros((0, 2), DType::U32, &device())?, 5)?;
        check(&sorted, &[], 5)
    }
}
