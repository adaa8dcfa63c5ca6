//! What Python does to text and values, where prompts and hashes depend on it.

pub mod json;
pub mod literal;
pub mod number;
pub mod repr;
pub mod text;
