//! Arithmetic on f32 slices in host memory: what the layers run on a CPU.
//!
//! Every function takes row-major slices and returns a new vector; rows are tokens. Parallelism is
//! rayon's, over work that is independent, and sums are formed in a fixed order, so that a result
//! depends neither on the number of threads nor (beyond 1e-5) on what else was in the batch.

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod convolution;
pub(crate) mod delta;
pub(crate) mod experts;
pub(crate) mod head;
pub(crate) mod host;
pub(crate) mod matrix;
pub(crate) mod norm;
pub(crate) mod packed;
pub(crate) mod rotary;
pub(crate) mod scan;
pub(crate) mod tile;
pub(crate) mod vector;
