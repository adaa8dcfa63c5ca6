//! What the kernels of `tile.cuh` are launched with.

use candle_core::{Device, Result};

use super::Launch;
use super::launch::{multiprocessors, shared_memory};

/// Threads of a block.
const THREADS: usize = 128;
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
    shared: usize,
    /// Steps of inputs in shared memory at once.
    pub(super) stages: usize,
}

impl Tiles {
    /// Tiles of `rows` rows, 32, 64 or 128: with three steps in shared memory where that does not leave a
    /// multiprocessor with fewer blocks than two steps would.
    pub(super) fn of(rows: usize, device: &Device) -> Result<Self> {
        let memory = shared_memory(device)?;
        let shared = |stages: usize| stages * (rows + OUTPUTS) * 64 * 2;
        let fit = |stages: usize| (memory / (shared(stages) + RESERVED)).clamp(1, BLOCKS);
        let stages = if fit(3) == fit(2) { 3 } else { 2 };
        let blocks = fit(stages) * multiprocessors(device)?;
        Ok(Self { blocks, shared: shared(stages), stages })
    }

    /// A launch of as many blocks as run at once: they take tiles in turn.
    pub(super) fn launch<'a>(&self, module: super::Module, kernel: &'static str) -> Launch<'a> {
        Launch::new(module, kernel, self.blocks, THREADS).shared(self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_of_stages_are_tested() -> Result<()> {
        let stages = |rows| Ok::<_, candle_core::Error>(Tiles::of(rows, &Device::Cpu)?.stages);
        assert_eq!((stages(128)?, stages(32)?), (2, 3));
        Ok(())
    }
}
