//! From documents to a benchmark's number.
//!
//! An [`Aggregation`] is lm-evaluation-harness's way to join the values of
//! all documents. It is prepared once into a [`Statistic`], which can then
//! be taken of any choice of documents: of all for the value, of random
//! draws for the bootstrap.

mod bootstrap;
mod brier;
mod chrf;
mod classes;
mod compile;
mod correlation;
mod f1;
mod group;
mod mean;
mod median;
mod outcome;
mod perplexity;
mod prepare;
mod stderr;
mod task;
mod tokenizer;
mod translation;

pub use bootstrap::bootstrap_stderr;
pub use compile::{Aggregation, Average, NAMES};
pub use group::{Member, aggregate_group, pooled_stderr, unweighted_stderr};
pub use outcome::{Aggregate, AggregateOptions, Contributions};
pub use prepare::Statistic;
pub use stderr::mean_stderr;
pub use task::Corpus;
pub use tokenizer::Tokenizer;
