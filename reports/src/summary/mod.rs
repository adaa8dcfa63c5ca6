//! The numbers of a run, drawn from its record once and shown by every page.
//!
//! [`Summary::draw`] reads each document once. It holds, for every (model, task), what became of
//! it and its scores ([`Cell`]); for every model and group its averages ([`Average`]); and for
//! every model its routing by task and span ([`RoutingGroup`]) and, for two languages of parallel
//! text, the comparison of the same rows ([`RoutingPair`]).

mod averages;
mod cells;
mod draw;
mod pairing;
mod pairs;
mod routing;
mod sections;

pub use averages::Average;
pub use cells::{Cell, CellState, Scored};
pub use draw::Summary;
pub use pairs::{LanguageSide, PairDoubt, RoutingPair};
pub use routing::{LayerMeasures, RoutingGroup};
pub use sections::Section;
