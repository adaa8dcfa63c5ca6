//! Black-box tests of the program: what a user types, what it prints, what it leaves behind.
//!
//! Tests that compare with other programs' numbers read them from `../shared` beside the project; where that is
//! absent they say so and pass.

mod bad_input;
mod commands;
mod lm_eval_parity;
mod resume;
mod routing_parity;
mod support;
