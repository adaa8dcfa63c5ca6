//! Uncertainty of routing measures: resampling documents.
//!
//! [`DocumentCounts`] keeps the routing of every document; [`Band::of`] resamples documents,
//! sums the resampled ones and measures each layer of the sums. Bands are pivotal, `2θ̂ − q`: a
//! percentile band of an entropy covers 49-86 % instead of 95 %, because resampling documents
//! lowers the entropy a second time.
//!
//! Bands that were drawn with the same clusters and resampling resample the same documents in
//! every replicate. That makes differences of two bands paired by document
//! ([`Band::difference`]), and lets numbers over several layers be taken replicate by replicate
//! ([`Band::summarise`]).
//!
//! Two languages are never quite alike, and neither are two halves of one:
//! [`random_halves`] says how far apart those are. [`at_equal_amounts`] measures languages at
//! equally much text. [`most_different`] names the experts in which two languages differ most.

mod band;
mod differences;
mod documents;
mod equal;
mod halves;
mod spread;
#[cfg(test)]
mod tests;
mod weighted;

pub use band::{Band, Signs};
pub use differences::{ExpertDifference, most_different};
pub use documents::{DocumentCounts, DocumentTable};
pub use equal::at_equal_amounts;
pub use halves::random_halves;
pub use spread::Spread;
