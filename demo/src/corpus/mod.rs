//! What a stage of training reads: documents drawn without end, in fixed shares.
//!
//! A [`Source`] is a kind of text in a language; a [`Mix`] says what share of a stage's *tokens*
//! comes from each. The reader of a mix reports how many tokens it got, so that shares hold
//! whatever the lengths of documents are.

mod exercises;
mod held_out;
mod mix;
mod told;

pub use mix::{Mix, Position, Source, Stage, Writer};
