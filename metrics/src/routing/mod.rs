//! Routing counts and every measure drawn from them.
//!
//! Measures take one layer's *load* (`&[f64]`, one non-negative number an expert: counts, rates
//! or mean activations alike, since each measure divides by the sum itself unless it says
//! otherwise) or a *profile* (`&[Vec<f64>]`, one load a layer).

mod counts;
pub mod usage;

pub use counts::{RoutingCounts, RoutingError, RoutingShape};
