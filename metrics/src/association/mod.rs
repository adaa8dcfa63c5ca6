//! Whether two things go together: routing and scores.
//!
//! [`correlation`] is for few points (checkpoints), where only exact permutations say anything
//! and an interval is nearly the whole line; [`logistic`] is for many (documents).

pub mod correlation;
pub mod logistic;
