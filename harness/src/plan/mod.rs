//! From many token sequences to batches in which every distinct token position is computed once.
//!
//! Requests repeat each other: five choices share a question, a thousand documents share their few-shot block. So
//! the sequences of a [window](WindowLimits) of documents become a prefix [`Forest`] of token segments. Its nodes
//! stand in depth-first order, so that a batch is simply the next few nodes that fit the token budget
//! ([`Forest::batch_from`]): parents come before their children, and a segment's state can be dropped as soon as the
//! walk has passed its last child.
//!
//! Sharing must not be visible in any number. Each distinct position carries the list of *cells* — (document, span)
//! pairs, with repetitions — for which its routing counts, so that documents get their own counts whatever was
//! shared; and each scored token remembers the row that predicts it.

mod build;
mod cells;
mod forest;
mod window;

pub use cells::{Cell, CellRuns};
pub use forest::{Forest, Node, PassPlan, RowTarget};
pub use window::{WindowLimits, WindowRule};
