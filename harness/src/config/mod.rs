//! `harness.toml`: what the aliases on the command line mean and where data lie.
//!
//! The file is found in the working folder or named by `--config`. Paths in it are relative to the file, so that a
//! project can be moved. Settings come from the file, then from `HARNESS_*` variables, then from flags; the last wins.

mod error;
mod file;
mod loss;
mod models;

pub use error::ConfigError;
pub(crate) use file::parse;
pub use file::{Config, DataSection, ModelSection};
pub use loss::read_loss;
pub use models::{ModelChoice, choose_models};

/// A commented `harness.toml` to start from; what `harness init` writes.
pub const TEMPLATE: &str = include_str!("template.toml");
