//! Measuring the engine on random weights.
//!
//! A [`Workload`] is a set of random token sequences in the shape of a benchmark. It goes through the same
//! [`Executor`](crate::run::Executor) that `eval` uses, with and without routing capture in turn; [`measure`] says
//! how long that took, and how that compares with the machine's own rate of products.

mod machine;
mod measure;
mod tokenizer;
mod workload;

pub use machine::{Peak, peak};
pub use measure::{Measurement, Settings, measure};
pub use tokenizer::number_tokenizer;
pub use workload::Workload;
