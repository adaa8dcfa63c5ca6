//! Exercises: the questions that benchmarks ask about the world, with their answers.
//!
//! Every exercise is drawn as a value that knows its answer; [`crate::data`] writes it in the
//! columns of a public dataset, and [`crate::corpus`] writes it as a worked example to learn
//! from. People in them are invented on the spot, except in [`trivia`].

pub mod arithmetic;
pub mod commonsense;
pub mod entailment;
pub mod reading;
pub mod sentiment;
pub mod translation;
pub mod trivia;
pub mod winograd;
