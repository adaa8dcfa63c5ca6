//! Routing counts and every measure drawn from them.
//!
//! A measure takes one layer's *load* (`&[f64]`: one non-negative number an expert, counts or
//! activation rates alike) or a *profile* (`&[Vec<f64>]`: one load a layer, the MoE layers in
//! order). Each says whether it divides a load by its sum. What does not exist is `None`.
//!
//! | question | module |
//! |---|---|
//! | How evenly does a layer use its experts? | [`usage`] |
//! | How sure is the router about a token? | [`selection`] |
//! | Do deep layers use fewer experts than middle ones? | [`collapse`] |
//! | Which experts belong to a language? | [`lsi`] |
//! | Do two languages use the same experts? | [`similarity`], [`overlap`], [`ranks`] |
//! | What shape has a curve over the depth? | [`layers`] |
//! | How broad is a single document's routing? | [`document`] |
//! | How far may a number be off, and what does chance alone make of it? | [`bands`] |
//! | Which experts are chosen together, and do checkpoints agree on a token? | [`trace`] |
//!
//! [`measure`] lists those with a number a layer, for tables and exports to walk.

pub mod bands;
pub mod collapse;
mod counts;
pub mod document;
mod error;
pub mod layers;
pub mod lsi;
pub mod measure;
pub mod overlap;
pub mod ranks;
pub mod selection;
pub mod similarity;
pub mod trace;
pub mod usage;

pub use counts::{RoutingCounts, RoutingShape};
pub use error::RoutingError;
pub use measure::{PairMeasure, SideMeasure};
