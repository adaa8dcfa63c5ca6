//! What is committed at once.

use harness_metrics::RoutingCounts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DocumentDetails;

/// A stretch of a task's documents with everything that came of them; written in one
/// transaction, so that it is wholly there or not at all.
#[derive(Clone, PartialEq, Debug)]
pub struct Window {
    /// Alias of the model.
    pub model: String,
    /// Name of the task.
    pub task: String,
    /// Number of the window within (model, task), from 0.
    pub index: usize,
    /// Position of its first document in the task.
    pub first_doc: usize,
    /// One past the position of its last document.
    pub end_doc: usize,
    /// Its documents, in order.
    pub documents: Vec<DocumentRow>,
    /// How much text its documents are, and their traces; may be empty.
    pub details: Vec<DocumentDetails>,
    /// Totals over its documents by span, with score sums where captured.
    pub routing: Vec<(Span, RoutingCounts)>,
    /// What it took.
    pub work: Work,
}

/// What windows took; stored with each window, so that a resumed run reports the same totals as
/// an undisturbed one ([`Record::work`](super::Record::work) sums them).
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    /// Distinct token positions that were computed.
    pub tokens: u64,
    /// Token positions that the requests hold before sharing.
    pub tokens_requested: u64,
    /// Documents of which the prompt had to be cut on the left.
    pub truncated: u64,
    /// Choices between experts that rounding could turn.
    pub near_ties: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
}

impl Work {
    /// Adds what another window took.
    pub fn add(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.tokens_requested += other.tokens_requested;
        self.truncated += other.truncated;
        self.near_ties += other.near_ties;
        self.seconds += other.seconds;
    }
}

/// A window that is in the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed {
    /// Number of the window within (model, task).
    pub index: usize,
    /// Position of its first document.
    pub first_doc: usize,
    /// One past the position of its last document.
    pub end_doc: usize,
}

/// Which part of a prompt a token belongs to, by its first character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// System instruction, description and shots.
    Context,
    /// The document's own prompt; headline routing measures use this.
    Question,
    /// The right continuation.
    ContinuationGold,
    /// The other continuations.
    ContinuationOther,
    /// What the model wrote.
    Generated,
}

impl Span {
    /// Every span, in the order of a prompt.
    pub const ALL: [Self; 5] = [
        Self::Context,
        Self::Question,
        Self::ContinuationGold,
        Self::ContinuationOther,
        Self::Generated,
    ];

    /// The name used in files: `question`, `continuation_gold`, …
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Question => "question",
            Self::ContinuationGold => "continuation_gold",
            Self::ContinuationOther => "continuation_other",
            Self::Generated => "generated",
        }
    }

    /// The span of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.name() == name)
    }
}

/// One document of one (model, task): what was answered, what it scored, where it was routed.
#[derive(Clone, PartialEq, Debug)]
pub struct DocumentRow {
    /// Position in the task.
    pub doc_id: usize,
    /// SHA-256 of the document as lm-eval hashes it.
    pub doc_hash: String,
    /// SHA-256 of the first request's context.
    pub prompt_hash: String,
    /// SHA-256 of the target's text.
    pub target_hash: String,
    /// Documents of equal cluster belong together and are resampled together.
    pub cluster: String,
    /// Pairs rows of parallel text.
    pub row_id: Option<String>,
    /// The target as lm-eval logs it.
    pub target: Value,
    /// Responses, one a request.
    pub responses: Value,
    /// Scores, one a filter: `[{"filter", "filtered", "metrics": {name: value}}]`.
    pub scores: Value,
    /// Whether it counts.
    pub state: DocumentState,
    /// Routing by span.
    pub routing: Vec<(Span, RoutingCounts)>,
    /// With logged samples: `{"doc", "arguments"}`.
    pub sample: Option<Value>,
}

/// Whether a document counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DocumentState {
    /// It has scores.
    Scored,
    /// It has none; never counted as wrong.
    Unscored {
        /// Why.
        reason: String,
    },
}
