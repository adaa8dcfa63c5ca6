//! One packed pass: the batch resolved against the cache, and what is carried from layer to layer.

mod check;
mod commit;
mod levels;
mod plan;
mod step;

pub(crate) use commit::Additions;
pub(crate) use levels::levels;
pub(crate) use plan::{Link, Pass, PassSegment};
pub(crate) use step::Step;
