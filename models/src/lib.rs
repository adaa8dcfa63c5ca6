//! Mixture-of-Experts checkpoints that show where they send every token.
//!
//! A [`Model`] takes a packed [`Batch`] of token segments and returns log-probabilities of the
//! tokens it was asked about. While it computes, every MoE layer shows its [`RouterDecision`] to a
//! [`RoutingObserver`]: raw logits, scores over all experts, the chosen ids and the applied weights.
//! The observer that an evaluation needs is a [`GroupCounter`]: it sums decisions by group of tokens,
//! over any number of passes, and on an accelerator where they are made. That is all this crate knows:
//! no text, no benchmark, no gold answer.
//!
//! Segments form a forest. A segment continues a parent that sits in the [`Cache`] or earlier in
//! the same batch, so a prefix that many requests share is computed once; [`Segment::keep`] says
//! whether its own state stays. Nothing that is computed depends on how requests were packed.
//!
//! [`inspect`] describes a checkpoint folder and lists everything that is wrong with it;
//! [`load`] returns the model. `config.json` picks the family; each is one file under `families/`,
//! assembled from the pieces under `layers/`. What these ask for is in `ops/`, which knows where the
//! numbers lie: in host memory the arithmetic is that of `kernels/`.

mod architecture;
mod batch;
mod cache;
mod checkpoint;
mod config;
#[cfg_attr(
    not(any(feature = "cuda", test)),
    allow(
        unused,
        unreachable_code,
        reason = "kernels are launched with a GPU's feature, and in tests"
    )
)]
mod cuda;
mod device;
mod error;
mod families;
pub mod fuzzing;
mod kernels;
mod layers;
mod load;
mod model;
mod ops;
mod pass;
mod peak;
mod routing;
pub mod synthetic;

pub use architecture::{Architecture, LayerKind, ScoreFunction};
pub use batch::{Batch, ForwardOutput, NodeId, Place, RowOutput, Segment, UNCOUNTED, Want};
pub use cache::Cache;
pub use device::{ComputeDevice, DeviceMemory, UnknownDevice};
pub use error::{LoadError, Problem};
pub use families::{SupportedFamily, supported_families};
pub use load::{Checkpoint, ComputeDtype, LoadOptions, WeightFile, inspect, load};
pub use model::{ForwardError, Model};
pub use peak::{DeviceProduct, device_matmul, matmul};
pub use routing::{
    GroupCounter, GroupRouting, MoeLayer, NoRouting, RouterDecision, RoutingObserver,
};
