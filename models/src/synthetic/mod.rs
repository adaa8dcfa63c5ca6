//! Checkpoints with random weights, for tests, benchmarks and demonstrations.
//!
//! The family that a `config.json` names says which tensors it wants; they are drawn from a seed, each from its name.
//! [`write_checkpoint`] writes them into files one by one, so a checkpoint may be larger than memory;
//! [`RandomCheckpoint`] makes them where the model wants them. Both hold the same numbers.

mod memory;
mod write;

use safetensors::Dtype;

pub use memory::RandomCheckpoint;
pub use write::write_checkpoint;

/// How to make a random checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyntheticOptions {
    /// Equal seeds give equal weights, whatever the layout and type.
    pub seed: u64,
    /// Type on disk, or to which numbers in memory are rounded as if they came from there.
    pub dtype: DiskDtype,
    /// One tensor for all experts of a layer instead of one per expert.
    pub stacked_experts: bool,
    /// Weight files; 0 and 1 both mean a single `model.safetensors` without index.
    pub shards: usize,
}

/// Weight types that checkpoints come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskDtype {
    /// `F32`
    #[default]
    F32,
    /// `BF16`
    Bf16,
    /// `F16`
    F16,
}

impl From<DiskDtype> for Dtype {
    fn from(dtype: DiskDtype) -> Self {
        match dtype {
            DiskDtype::F32 => Dtype::F32,
            DiskDtype::Bf16 => Dtype::BF16,
            DiskDtype::F16 => Dtype::F16,
        }
    }
}
