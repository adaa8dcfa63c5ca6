//! Black-box tests of the program: what a user types, what it prints, what it leaves behind.
//!
//! Tests that compare with other programs' numbers read them from `../shared` beside the project; where that is
//! absent they say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that skips says so")]

mod bad_input;
mod bench_command;
mod commands;
mod compare_gate;
mod corpus_metrics;
mod lm_eval_parity;
mod merge;
mod resume;
mod routing_command;
mod routing_parity;
mod support;
mod task_files;
