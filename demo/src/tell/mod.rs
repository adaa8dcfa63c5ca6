//! Telling: facts and events of the world as sentences and paragraphs of each language.
//!
//! A sentence comes from a [`template`], in which words stand in braces and forms that agree
//! with a person's gender in brackets. Each kind of statement has several paraphrases.

pub mod copying;
pub mod events;
pub mod facts;
pub mod frames;
pub mod knowledge;
pub mod opinions;
pub mod paragraphs;
pub mod template;
