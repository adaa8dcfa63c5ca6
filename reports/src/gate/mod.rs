//! May a checkpoint pass?
//!
//! A [`Policy`] holds rules on scores and on routing; [`judge`] applies them to checkpoints and
//! their baselines and gives a [`Report`]. A rule ends in one of five [`Verdict`]s, of which only GO
//! lets a checkpoint pass: evidence that is missing, too little or about other questions never does.

mod json;
mod judge;
mod junit;
mod markdown;
mod observe;
mod policy;
mod routing;
#[cfg(test)]
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

pub use json::verdict_json;
pub use judge::{Candidate, judge};
pub use junit::junit_xml;
pub use markdown::step_summary;
pub use policy::{Judge, Measure, Policy, PolicyError, Rule, Tier};
pub use routing::ROUTING_METRICS;
pub use table::verdict_table;
pub use verdict::{CandidateReport, Finding, Observed, Report, Verdict};
