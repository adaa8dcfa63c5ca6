//! Uncertainty of routing measures: the cluster bootstrap over documents.
//!
//! [`DocumentCounts`] keeps the selections of every document; [`Band::of`] resamples documents,
//! sums the resampled ones and measures each layer of the sums. Bands are pivotal, `2θ̂ − q`: a
//! percentile band of an entropy covers 49-86 % instead of 95 %, because resampling documents
//! lowers the entropy a second time.
//!
//! Bands that were drawn with the same clusters and resampling resample the same documents in
//! every replicate. That makes differences of two bands paired by document
//! ([`Band::difference`]), and lets numbers over several layers be taken replicate by replicate
//! ([`Band::summarise`]).

mod band;
mod documents;
#[cfg(test)]
mod tests;

pub use band::{Band, Signs};
pub use documents::DocumentCounts;
