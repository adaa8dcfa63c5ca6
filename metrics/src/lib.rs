//! Arithmetic on scores and on routing counts: no files, no tensors, no text.
//!
//! A Mixture-of-Experts model leaves two kinds of numbers behind when it answers a benchmark.
//! The first kind is a score a document; [`scores`] turns those into an [`Estimate`], a value
//! that never travels without its sample size and, where one exists, a standard error or an
//! interval. The second kind is what the routers did with every token; [`routing`] keeps it as
//! [`RoutingCounts`] (how often each expert of each layer was chosen) and computes every measure
//! from the counts afterwards, so that a new measure needs no new run. [`association`] asks
//! whether the two go together. [`training`] reads a trainer's log of losses.
//!
//! ```
//! use harness_metrics::routing::usage;
//!
//! // Four experts, two of them carry everything: one bit of a ceiling of two.
//! let load = [12.0, 12.0, 0.0, 0.0];
//! assert_eq!(usage::entropy_bits(&load), Some(1.0));
//! assert_eq!(usage::entropy_ceiling_bits(load.len()), 2.0);
//! ```
//!
//! Three rules hold throughout. A quantity that does not exist is `None`, never NaN and never
//! zero. Layers are never treated as independent samples: uncertainty comes from documents. And
//! every resampling takes its seed from the caller and gives the same numbers on any number of
//! threads.

pub mod association;
mod estimate;
pub mod random;
pub mod routing;
pub mod scores;
pub mod training;

pub use estimate::{Estimate, Interval, IntervalMethod};
pub use routing::{PairMeasure, RoutingCounts, RoutingError, RoutingShape, SideMeasure};

/// The examples of the page about routing measures are tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/routing.md")]
struct RoutingPage;
