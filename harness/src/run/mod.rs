//! Running a window: batches through the model, log-probabilities and routing back to the documents.
//!
//! [`Executor`] walks a [`Forest`](crate::plan::Forest) in packed batches. Prompts that are to be continued leave
//! sequences behind, whose next tokens ride in the same batches as the prompts still to come; a finished sequence
//! leaves at once. Routing is summed by group, a distinct list of cells, over as many batches as have room; then it is
//! added to the cells. What comes back is a [`WindowOutcome`]: one answer a pass, and routing by (document, span).

mod batching;
mod budget;
mod capture;
mod executor;
mod generation;
mod groups;
mod interrupt;
mod outcome;
mod routing;
#[cfg(test)]
mod tests;
mod trace;
mod window;

pub use budget::Budget;
pub use capture::HELD_SUMS;
pub use executor::{Executor, RunError};
pub use interrupt::Interrupt;
pub use outcome::{PassAnswer, WindowOutcome};
pub use routing::{RoutingTotals, shape_of};
