//! A number with its doubt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value, how many documents it rests on, and how far it may be off.
///
/// `stderr` and `interval` are `None` where they do not exist (one document, a statistic
/// without a known error), which is not the same as zero.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate, in the unit of the metric.
    pub value: f64,
    /// Standard error, in the same unit.
    pub stderr: Option<f64>,
    /// Interval around the value.
    pub interval: Option<Interval>,
    /// Documents that entered the value.
    pub n: usize,
}

/// A two-sided interval.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Nominal coverage in (0, 1), for example 0.95.
    pub level: f64,
    /// How the ends were computed.
    pub method: IntervalMethod,
}

/// How an [`Interval`] was computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Wilson's score interval of a proportion (Wilson 1927).
    Wilson,
    /// Pivotal bootstrap over clusters of documents, `2θ̂ − q` (Davison & Hinkley 1997, §5.2).
    ClusterBootstrap,
    /// Value ± z · standard error.
    Normal,
    /// Agresti and Min's interval of a paired difference of proportions (2005), for models that
    /// answer every document alike.
    AgrestiMin,
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wilson => "Wilson",
            Self::ClusterBootstrap => "cluster bootstrap",
            Self::Normal => "normal",
            Self::AgrestiMin => "Agresti-Min",
        })
    }
}
