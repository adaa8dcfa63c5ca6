//! Agreement with measured routing and with scipy and statsmodels, invariances, and the size of tests.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it skips"
)]

mod invariance;
mod null;
mod reference;
mod scipy;
mod speed;
mod statistics;
