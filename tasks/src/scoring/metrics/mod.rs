//! What is measured of a document, by name.
//!
//! A [`Metric`] says what to keep of a document; the aggregation that comes
//! with it says how documents are joined. Names, defaults and directions are
//! those of lm-evaluation-harness's `api/metrics.py`.

pub mod exact_match;
pub mod normalize;
mod plan;
mod registry;
pub mod sentence_bleu;
pub mod tlnls;

pub use plan::MetricPlan;
pub use registry::{METRICS, Metric, Registered, Scale};
