//! Where documents come from.

mod reference;

pub use reference::DatasetRef;
