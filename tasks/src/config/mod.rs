//! A task file, read and checked.
//!
//! [`read_merged`] reads YAML with its includes, [`TaskConfig::read`] and
//! [`GroupConfig::read`] turn it into values with lm-evaluation-harness's
//! defaults. Every mistake is a [`ConfigError`] with file, line, key and what
//! to do; one reading finds them all.

mod card;
mod dataset;
mod dump;
mod error;
mod fewshot;
mod field;
mod generation;
mod group;
mod language;
mod rules;
mod scoring;
mod source;
mod task;
mod yaml;

pub use card::{Card, Category, Metadata};
pub use error::{ConfigError, ConfigErrors, Problem};
pub use fewshot::{FewshotConfig, Sampler};
pub use field::{Choices, Field, FunctionName};
pub use group::{AggregateRule, GroupConfig, GroupMember, GroupMetadata};
pub use language::TaskLanguage;
pub use scoring::{FilterConfig, FilterStep, MetricConfig, NameOrFunction};
pub(crate) use source::update;
pub use source::{Disk, TaskFiles, read_merged};
pub use task::{OutputType, TaskConfig};
pub use yaml::{Node, NodeValue, Position};

#[cfg(test)]
mod tests;
