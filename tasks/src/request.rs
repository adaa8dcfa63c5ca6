//! What a model is asked.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing asked of a model about one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked.
    pub kind: RequestKind,
    /// Which part it plays among the requests of its document.
    pub role: Role,
}

/// Which part a request plays among the requests of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The right choice of a multiple-choice document.
    Gold,
    /// A wrong choice.
    Other,
    /// A choice without its context, which `acc_mutual_info` subtracts.
    Unconditional,
    /// The document's only request: generation, rolling, plain log-likelihood.
    Only,
}

/// The kinds of request, named as in lm-evaluation-harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// The log-probability of `continuation` after `context`, and whether
    /// greedy decoding would have written it.
    Loglikelihood {
        /// What stands before; may be empty.
        context: Context,
        /// What is scored, with its leading delimiter.
        continuation: String,
    },
    /// The log-probability of a whole text, in windows of the model's length.
    Rolling {
        /// The text.
        text: String,
    },
    /// Text written by the model after `context`.
    Generate {
        /// What stands before.
        context: Context,
        /// When to stop and how to choose.
        options: GenerationOptions,
    },
}

/// A prompt, and who wrote which bytes of it.
///
/// Ranges are byte ranges of `text`, ascending and disjoint. Bytes in neither
/// list belong to the chat template: they are fed but never counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The prompt as the model gets it.
    pub text: String,
    /// System instruction, description and few-shots.
    pub shots: Vec<Range<usize>>,
    /// The document's own prompt.
    pub question: Vec<Range<usize>>,
}

/// How a continuation is generated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GenerationOptions {
    /// Strings that end the answer; the answer is cut before the first one.
    pub until: Vec<String>,
    /// The most tokens to write; `None` leaves it to the runner's default
    /// (256 in lm-evaluation-harness).
    pub max_tokens: Option<usize>,
    /// Whether to sample; `false` is greedy decoding.
    pub do_sample: bool,
    /// The task file's `generation_kwargs` as they are written, for records.
    pub raw: Map<String, Value>,
}
