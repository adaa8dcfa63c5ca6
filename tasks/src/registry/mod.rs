//! Tasks by name.
//!
//! A [`Registry`] knows the tasks, groups and tags of the files that it was
//! given: those of the `library` folder, compiled in, and those of folders
//! that a user includes, which win over equal names. Files are only read
//! until someone selects them; [`Registry::select`] builds the tasks behind
//! the names that a user types. [`validate`] checks files without running
//! them.

mod error;
mod expand;
mod index;
mod library;
mod select;
mod validate;
mod walk;

pub use error::RegistryError;
pub use index::Registry;
pub use select::{Group, Selection};
pub use validate::{CheckedFile, FileKind, validate};

#[cfg(test)]
mod tests;
