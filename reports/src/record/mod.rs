//! The run record: one SQLite file that holds responses, scores and routing of every document.

mod error;
mod lock;
mod store;
mod window;

pub use error::{Difference, RecordError};
pub use store::Record;
pub use window::{Committed, DocumentRow, DocumentState, Span, Window};
