//! The numbers of a run, drawn from its record once and shown by every page.
//!
//! [`Summary::draw`] reads each document once. It holds, for every (model, task), what became of
//! it and its scores ([`Cell`]); for every model and group its averages ([`Average`]); for every
//! model its routing by task and span ([`RoutingGroup`]) and what parallel text shows of it
//! ([`RoutingStudy`](crate::routing::RoutingStudy)); each model against its parent on the same
//! documents ([`comparison`]); and how routing and scores hang together ([`Link`]).

mod averages;
mod categories;
mod cells;
mod chance;
pub mod comparison;
mod draw;
pub mod link;
mod routing;
mod runs;
mod sections;
mod training;
mod weights;

pub use averages::Average;
pub(crate) use cells::RECOVER;
pub use cells::{Cell, CellState, Scored};
pub use chance::Standing;
pub(crate) use chance::is_share_of_right;
pub use comparison::Comparison;
pub use draw::Summary;
pub use link::Link;
pub use routing::{LayerMeasures, RoutingGroup};
pub use runs::{Contender, Run, Runs, UnknownModel};
pub use sections::Section;
