//! The small closed world that the demo's texts are about.
//!
//! Everything here is a table or a draw from a seeded generator: people with a given name and a
//! family name, towns, jobs, foods, animals, things with colours and prices. A word is kept in
//! all three languages at once, so one fact can be told in each of them.

pub mod animals;
pub mod foods;
pub mod grammar;
pub mod jobs;
pub mod language;
pub mod names;
pub mod people;
pub mod random;
pub mod things;

pub use language::{Gender, Language, Word};
pub use people::{Attribute, Cast, Cell, Person, Population};
pub use random::Random;
