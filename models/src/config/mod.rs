//! Reading `config.json`: tolerant of spellings, strict about values.

mod json;
mod reader;
mod rope;
mod yarn;

pub(crate) use json::{parse_json, read_json};
pub(crate) use reader::ConfigReader;
pub(crate) use rope::{RopeConfig, RopeDefaults, Scaling};
