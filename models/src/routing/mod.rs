//! The router's decision as a value, and who watches it.

mod counter;
mod decision;
mod groups;

pub use counter::GroupCounter;
pub use decision::{MoeLayer, NoRouting, RouterDecision, RoutingObserver};
pub use groups::GroupRouting;
pub(crate) use groups::GroupSums;
