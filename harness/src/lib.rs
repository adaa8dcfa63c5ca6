//! `harness` scores Mixture-of-Experts checkpoints on benchmarks and records, in the same forward passes, where the
//! router sent every token.
//!
//! Data flows one way, and each arrow is a module to open:
//!
//! ```text
//! Task ► Doc ► Request ► encode ► plan ► run ► Response ► Score ► Record ► report
//!                                        └──► routing ─────────────┘
//! ```
//!
//! To follow one document: [`eval`] reads a task's documents and asks the task for requests (text); [`encode`] turns
//! them into token sequences and says which tokens are scored and under which span each token's routing counts;
//! [`plan`] merges the sequences of a window of documents into a forest, so that a shared prefix is computed once;
//! [`run`] sends it through the model in packed batches and brings back log-probabilities, generated text and routing
//! counts; `eval` hands the responses to the task for scoring and commits scores and routing of the window together.
//! Reports are drawn from that record alone, by `harness-reports`.
//!
//! Around it: [`config`] reads `harness.toml`, [`hub`] finds datasets and checkpoints that are not in a folder,
//! [`routing`] reads and writes routing of other programs, [`chat`] applies chat templates, [`progress`] shows what
//! goes on, [`mod@bench`] measures, and [`cli`] is the command line.

pub mod bench;
pub mod chat;
pub mod cli;
pub mod config;
pub mod encode;
pub mod eval;
pub mod exit;
pub mod hub;
pub mod plan;
pub mod progress;
pub mod routing;
pub mod run;
