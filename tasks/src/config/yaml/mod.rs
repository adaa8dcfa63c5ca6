//! YAML with its positions.

mod node;
mod raw;
mod section;

pub use node::{Node, NodeValue, Position};
pub(crate) use raw::parse;
pub(crate) use section::{Section, strings};
