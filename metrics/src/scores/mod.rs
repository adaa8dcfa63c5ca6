//! Scores with their doubt.
//!
//! Documents are rarely independent: questions share a paragraph, Winograd twins differ in one
//! word. So the unit of resampling is a *cluster* of documents ([`Clusters`]), which is a single
//! document where nothing is shared.
//!
//! One model: [`stderr`], [`interval`], [`bootstrap`]; [`formula`] and
//! [`statistics`] for scores of a whole corpus. Two
//! models on the same documents: [`paired`], [`mcnemar`], [`sign_flip`], [`exchange`], and what they
//! could have found at all: [`power`]. Many comparisons: [`holm`], [`heterogeneity`].

pub mod bootstrap;
mod clusters;
pub mod exchange;
pub mod formula;
pub mod heterogeneity;
pub mod holm;
pub mod interval;
pub mod mcnemar;
pub mod paired;
pub mod power;
pub mod sign_flip;
pub mod statistics;
pub mod stderr;

pub use bootstrap::Resampling;
pub use clusters::Clusters;
pub use formula::Formula;
pub use statistics::SufficientStatistics;
