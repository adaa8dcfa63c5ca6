//! Agreement with measured routing, and invariances.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it skips"
)]

mod invariance;
mod reference;
