//! How often the tests of the link cry wolf, and how often they see what is there.
//!
//! Each simulates 2,000 runs in which routing says nothing about the scores. A test at 5 % may be
//! significant in at most 6.5 % of them, and, where its p-value is not coarse, must be in at
//! least 3.5 %: the simulation itself is off by ±1 point.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checkpoints;
mod documents;
mod flips;
mod reference;
mod simulation;
