//! The numbers of a run, drawn from its record once and shown by every page.
//!
//! [`Summary::draw`] reads each document once. It holds, for every (model, task), what became of
//! it and its scores ([`Cell`]); for every model and group its averages ([`Average`]); for every
//! model its routing by task and span ([`RoutingGroup`]) and what parallel text shows of it
//! ([`RoutingStudy`](crate::routing::RoutingStudy)); and each model against its parent on the same
//! documents ([`comparison`]).

mod averages;
mod cells;
pub mod comparison;
mod draw;
mod routing;
mod runs;
mod sections;

pub use averages::Average;
pub use cells::{Cell, CellState, Scored};
pub use comparison::Comparison;
pub use draw::Summary;
pub use routing::{LayerMeasures, RoutingGroup};
pub use runs::{Contender, Run, Runs, UnknownModel};
pub use sections::Section;
