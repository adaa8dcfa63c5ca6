//! Scores with their doubt.
//!
//! Documents are rarely independent: questions share a paragraph, Winograd twins differ in one
//! word. So the unit of resampling is a *cluster* of documents ([`Clusters`]), which is a single
//! document where nothing is shared.

pub mod bootstrap;
mod clusters;
pub mod interval;
pub mod stderr;

pub use bootstrap::Resampling;
pub use clusters::Clusters;
