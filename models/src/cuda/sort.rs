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

/// Sorts `ids` (u32 `[tokens, top_k]`) of at most 1,024 experts, equal ones in their order.
pub(crate) fn sort(ids: &Tensor, experts: usize) -> Result<Sorted> {
    let (choices, device) = (ids.elem_count(), ids.device());
    let (chunks, tile) = (choices.div_ceil(CHUNK), tile_rows(choices, experts));
    let most_tiles = choices / tile + experts.min(choices);
    let buffer = |numbers| Buffer::new(device, DType::U32, numbers);
    let (mut order, mut place) = (buffer(choices)?, buffer(choices)?);
    let (mut starts, mut tiles) =
        (buffer(experts + 1)?, Buffer::zeros(device, DType::U32, 1 + 2 * most_tiles)?);
    let mut counts = buffer(chunks * experts)?;
    if chunks > 0 {
        let launch = Launch::new(SORT, "count_choices", chunks, 32).shared(4 * experts).tensor(ids);
        launch.buffer(&mut counts).count(choices).count(experts).run(device)?;
    }
    Launch::new(SORT, "scan_counts", 1, SCANNERS)
        .shared(4 * SCANNERS + 12 * experts)
        .buffer(&mut counts)
        .buffer(&mut starts)
        .buffer(&mut tiles)
        .count(chunks)
        .count(experts)
        .count(tile)
        .run(device)?;
    let counts = counts.into_tensor((chunks, experts))?;
    if chunks > 0 {
        Launch::new(SORT, "place_choices", chunks, 32)
            .shared(4 * experts)
            .tensor(ids)
            .tensor(&counts)
            .buffer(&mut order)
            .buffer(&mut place)
            .count(choices)
            .count(experts)
            .run(device)?;
    }
    Ok(Sorted {
        order: order.into_tensor(choices)?,
        place: place.into_tensor(choices)?,
        starts: starts.into_tensor(experts + 1)?,
        tiles: tiles.into_tensor(1 + 2 * most_tiles)?,
        tile,
    })
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

    #[test]
    fn choices_are_sorted_as_on_the_cpu() -> Result<()> {
        needs_emulator!();
        let shapes =
            [(1, 1, 1), (1, 8, 128), (700, 2, 5), (37, 6, 40), (900, 16, 150), (200, 3, 600)];
        for (tokens, top_k, experts) in shapes {
            // Expert 3 is never chosen.
            let hash = |i: usize| ((i * 2_654_435_761) >> 7) % experts;
            let ids: Vec<u32> = (0..tokens * top_k)
                .map(|i| hash(i) as u32)
                .map(|e| if e == 3 { 0 } else { e })
                .collect();
            let sorted = sort(&Tensor::from_slice(&ids, (tokens, top_k), &device())?, experts)?;
            let expected = experts::Sorted::new(&ids, experts);
            assert_eq!(sorted.order.to_vec1::<u32>()?, expected.order);
            assert_eq!(sorted.place.to_vec1::<u32>()?, expected.place);
            let starts: Vec<usize> =
                sorted.starts.to_vec1::<u32>()?.into_iter().map(|s| s as usize).collect();
            assert_eq!(starts, expected.starts);
            let listed = tiles(&expected.starts, sorted.tile);
            assert_eq!(sorted.tiles.to_vec1::<u32>()?[..listed.len()], listed);
        }
        Ok(())
    }
}
