//! Measuring the engine on a checkpoint of random weights.
//!
//! A [`Workload`] is a set of random token sequences in the shape of a benchmark. It goes through the same
//! [`Executor`](crate::run::Executor) that `eval` uses, with and without routing capture in turn; [`measure`] says
//! how long that took, and how that compares with the machine's own rate of products.

mod checkpoint;
mod machine;
mod measure;
mod workload;

pub use checkpoint::RandomCheckpoint;
pub use machine::{Peak, peak};
pub use measure::{Measurement, Settings, measure};
pub use workload::Workload;
