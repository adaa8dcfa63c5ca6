//! Where documents come from.
//!
//! [`Locate`] says where the files of a dataset's split are ([`Folder`] knows
//! one layout on disk; the hub is the program's), `read` turns files of five
//! formats into rows, and `join` pairs the rows of parallel text. Data are
//! untrusted: bytes, rows and depth have limits, and a mistake is an error
//! that names file and line.

pub mod budget;
mod digest;
mod error;
mod folder;
mod join;
mod locate;
mod read;
mod reference;
mod row;
mod split;

pub use error::DataError;
pub use folder::Folder;
pub use locate::Locate;
pub use read::{EXTENSIONS, read_rows};
pub use reference::{DatasetRef, JoinRef};
pub use row::Row;
pub(crate) use split::{Split, read_split};
