//! The functions that task files name with `!function`.
//!
//! YAML says what a task is; where it cannot, lm-evaluation-harness calls a
//! Python function that lies beside the file. Here the functions are Rust,
//! they ship with the tasks that need them, and there are five kinds. A name
//! that is not in the registry is an error when the file is read, never a
//! guess.

mod error;
mod heb_lb;
mod hellaswag;
mod japanese;
mod llm_jp_eval;
mod registry;
mod samplers;
mod sentences;
mod swallow;
mod ted;
mod wmt20;
mod xwinograd;

use serde_json::Value;

pub use error::FunctionError;
pub use registry::{Kind, docs, explain, names, sampler, text};

use crate::doc::Doc;
use crate::random::Random;

/// Rewrites all documents of a split: `process_docs`.
pub type DocsFunction = fn(Vec<Doc>) -> Result<Vec<Doc>, FunctionError>;

/// Makes a value of a document: `doc_to_text`, `doc_to_target`,
/// `doc_to_choice`.
pub type TextFunction = fn(&Doc) -> Result<Value, FunctionError>;

/// Chooses shots: positions in the pool, in the order in which they are told.
pub type SamplerFunction = fn(&Draw, &mut Random) -> Result<Vec<usize>, FunctionError>;

/// What a sampler chooses from and for.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// The documents that may be shots.
    pub pool: &'a [Doc],
    /// How many documents the evaluation split has.
    pub docs: usize,
    /// The answer of every document of the pool, as text.
    pub labels: &'a [String],
    /// How many are wanted.
    pub shots: usize,
    /// The document that is asked.
    pub doc: &'a Doc,
    /// The few-shot seed, for shots that are the same for every document.
    pub seed: u64,
}
