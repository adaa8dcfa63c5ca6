//! Whether two things go together: routing and scores.
//!
//! Three questions, by where the data come from.
//!
//! * Over documents that one checkpoint got right and another got wrong: does the change of a
//!   document's routing say in which direction it flipped? [`flips`]. What a document is by
//!   itself, its length and its difficulty, is the same on both sides and cancels.
//! * Over the documents of one checkpoint: does a document's routing say whether it is answered
//!   right, beyond its task and its length? [`documents`].
//! * Over checkpoints: does a routing measure rise with a score? [`checkpoints`], and for changes
//!   from parent to child, [`deltas`]. There are few checkpoints; [`correlation`] says what few
//!   points can say.
//!
//! [`logistic`] fits, [`score_test`] tests, [`concordance`] says how much better right and wrong
//! are told apart.

pub mod checkpoints;
pub mod concordance;
pub mod correlation;
pub mod deltas;
mod design;
pub mod documents;
pub mod flips;
pub mod line;
pub mod logistic;
mod matrix;
pub mod score_test;

pub use score_test::Adjusted;
