//! The run record: one SQLite file, `run.db`, that holds responses, scores and routing of every
//! document, and everything needed to know what they are responses of.
//!
//! [`Record::open`] creates or resumes a record and is its only writer; [`Record::read`] looks at
//! one. Documents arrive in [`Window`]s, each in one transaction: after a crash a window is
//! wholly there or not at all, and the program redoes what is not there. Every row carries a
//! digest, so that a flipped bit is found and named.

mod blob;
mod commit;
mod details;
mod difference;
mod digest;
mod documents;
mod error;
mod lock;
mod merge;
mod open;
mod outcome;
mod schema;
mod statistics;
#[cfg(test)]
mod tests;
mod verify;
mod window;

pub use details::{DocumentDetails, TextSize};
pub use error::{Difference, RecordError};
pub use merge::joint_manifest;
pub use open::Record;
pub use statistics::{CorpusStatistics, DocumentContributions};
pub use verify::Damage;
pub use window::{Committed, DocumentRow, DocumentState, Span, Window, Work};
