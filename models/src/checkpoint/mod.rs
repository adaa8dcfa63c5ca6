//! Checkpoint folders: which files, which tensors, and how they become the engine's.
//!
//! Headers and index are validated before anything is mapped or allocated. [`Weights`] then serves
//! a family's constructor twice: first checking only (which tensors does it ask for, do they exist,
//! do their shapes agree with the config), then copying.

mod buffer;
mod convert;
mod dim;
mod drawn;
mod experts;
mod folder;
mod header;
mod index;
mod part;
mod store;
mod weights;

pub(crate) use dim::Dim;
pub(crate) use drawn::Drawn;
pub(crate) use experts::{ExpertNames, ExpertSizes, Stacking};
pub(crate) use folder::Folder;
pub(crate) use header::read_header;
pub(crate) use index::{shard_path, weight_map};
pub(crate) use store::WeightStore;
pub(crate) use weights::Weights;
