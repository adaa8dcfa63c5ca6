//! What a model answered.

use serde::{Deserialize, Serialize};

/// The answer to one [`Request`](crate::Request).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// To a log-likelihood request.
    Loglikelihood {
        /// Natural logarithm of the continuation's probability.
        log_prob: f64,
        /// Whether every token of the continuation was the most likely one.
        is_greedy: bool,
    },
    /// To a rolling request.
    Rolling {
        /// Natural logarithm of the text's probability.
        log_prob: f64,
    },
    /// To a generation request.
    Generated {
        /// The text written, cut at the first stop string, not stripped.
        text: String,
    },
}
