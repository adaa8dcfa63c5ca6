//! From a response to an answer: lm-evaluation-harness's filters.
//!
//! A pipeline is a list of [`Filter`]s. Each takes the answers to one request
//! (as many as the task repeats it) and gives answers again, until a
//! selection such as `take_first` leaves one. A task has one column of
//! results for each of its pipelines.

mod answer;
mod case;
mod compile;
mod letter;
mod map;
mod multi_choice;
mod pipeline;
mod regex;
mod selection;
mod span;
mod tags;
mod whitespace;

pub use answer::Answers;
pub use compile::{Filter, NAMES};
pub use letter::{LetterLanguage, extract_letter};
pub use pipeline::Pipeline;
