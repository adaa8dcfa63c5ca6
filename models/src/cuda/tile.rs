//! What the kernels of `tile.cuh` are launched with.

use candle_core::{Device, Result};

use super::Launch;
use super::launch::{multiprocessors, shared_memory};

/// Threads of a block for the usual tile, and for the wide one.
const THREADS: usize = 128;
const WIDE_THREADS: usize = 256;
/// Blocks that the registers of a multiprocessor suffice for.
const BLOCKS: usize = 2;
/// Rows of weights in a tile.
pub(super) const OUTPUTS: usize = 128;
/// Shared memory of a block that the driver takes for itself.
const RESERVED: usize = 1 << 10;

/// How the tiles of a product are formed on a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    blocks: usize,
    threads: usize,
    shared: usize,
    /// Steps of inputs in shared memory at once.
    pub(super) stages: usize,
}

impl Tiles {
    /// Tiles of `rows` rows, 32 or 128: with three steps in shared memory where that does not leave a
    /// multiprocessor with fewer blocks than two steps would.
    pub(super) fn of(rows: usize, device: &Device) -> Result<Self> {
        let memory = shared_memory(device)?;
        let shared = |stages: usize| stages * (rows + OUTPUTS) * 64 * 2;
        let fit = |stages: usize| (memory / (shared(stages) + RESERVED)).clamp(1, BLOCKS);
        let stages = if fit(3) == fit(2) { 3 } else { 2 };
        let blocks = fit(stages) * multiprocessors(device)?;
        Ok(Self { blocks, threads: THREADS, shared: shared(stages), stages })
    }

    /// Tiles of 128 rows and 256 outputs, with as many steps as fit: a multiprocessor holds one block.
    pub(super) fn wide(device: &Device) -> Result<Self> {
        let step = (128 + 2 * OUTPUTS) * 64 * 2;
        let stages = (shared_memory(device)?.saturating_sub(RESERVED) / step).clamp(2, 4);
        let blocks = multiprocessors(device)?;
        Ok(Self { blocks, threads: WIDE_THREADS, shared: stages * step, stages })
    }

    /// A launch of as many blocks as run at once: they take tiles in turn.
    pub(super) fn launch<'a>(&self, module: super::Module, kernel: &'a str) -> Launch<'a> {
        Launch::new(module, kernel, self.blocks, self.threads).shared(self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_of_stages_are_tested() -> Result<()> {
        let stages = |rows| Ok::<_, candle_core::Error>(Tiles::of(rows, &Device::Cpu)?.stages);
        assert_eq!((stages(128)?, stages(32)?), (2, 3));
        assert_eq!(Tiles::wide(&Device::Cpu)?.stages, 3);
        Ok(())
    }
}
