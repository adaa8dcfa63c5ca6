//! The contract of a model: packed token ids in, log-probabilities out, routing to an observer.

use crate::{Architecture, Batch, Cache, ForwardOutput, NodeId, RoutingObserver};

/// A loaded checkpoint.
pub trait Model: Send {
    /// What `config.json` and the weights say about it.
    fn architecture(&self) -> &Architecture;

    /// An empty cache of the shape that this model fills.
    fn new_cache(&self) -> Cache;

    /// Runs one packed pass.
    ///
    /// Nodes marked `keep` are in `cache` afterwards. The observer sees every MoE layer's decision,
    /// in layer order. On an error the cache is as it was.
    fn forward(
        &self,
        batch: &Batch,
        cache: &mut Cache,
        observer: &mut dyn RoutingObserver,
    ) -> Result<ForwardOutput, ForwardError>;
}

/// Why a pass could not run. NaN is not among the reasons: see [`ForwardOutput::non_finite`].
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// A segment has no tokens.
    #[error("segment {segment} has no tokens")]
    EmptySegment {
        /// Index in the batch.
        segment: usize,
    },
    /// A token id the embedding has no row for.
    #[error("segment {segment}, token {row}: id {token} is outside the vocabulary of {vocab_size}")]
    TokenOutOfVocabulary {
        /// Index in the batch.
        segment: usize,
        /// Index in the segment.
        row: usize,
        /// The id.
        token: u32,
        /// Rows of the embedding.
        vocab_size: usize,
    },
    /// `groups` and `tokens` differ in length, or a group is not below [`Batch::groups`].
    #[error("segment {segment}: {reason}")]
    Groups {
        /// Index in the batch.
        segment: usize,
        /// What is wrong.
        reason: String,
    },
    /// A wanted row outside the segment, out of order, or with a target outside the vocabulary.
    #[error("segment {segment}: {reason}")]
    Wants {
        /// Index in the batch.
        segment: usize,
        /// What is wrong.
        reason: String,
    },
    /// The parent is neither in the cache nor earlier in the batch.
    #[error(
        "segment {segment} continues node {parent}, which is neither in the cache nor earlier in the batch"
    )]
    UnknownParent {
        /// Index in the batch.
        segment: usize,
        /// The node it names.
        parent: NodeId,
    },
    /// Appending to a node that is not in the cache, or that other nodes continue.
    #[error("segment {segment} cannot append to node {node}: {reason}")]
    CannotAppend {
        /// Index in the batch.
        segment: usize,
        /// The node it names.
        node: NodeId,
        /// Why not.
        reason: &'static str,
    },
    /// Two segments, or a segment and the cache, use one node id.
    #[error("segment {segment}: node {node} exists already")]
    DuplicateNode {
        /// Index in the batch.
        segment: usize,
        /// The node it names.
        node: NodeId,
    },
    /// A cache that another model made.
    #[error("the cache belongs to a model with {cache} layers, this one has {model}")]
    ForeignCache {
        /// Layers of the cache.
        cache: usize,
        /// Layers of the model.
        model: usize,
    },
    /// The device has no room for a batch of this size.
    #[error("the device ran out of memory on {tokens} tokens: {reason}")]
    OutOfMemory {
        /// Tokens of the batch.
        tokens: usize,
        /// The driver's words.
        reason: String,
    },
    /// The tensor library failed.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl ForwardError {
    /// The same, told apart where a device's driver says that it has no memory left.
    pub(crate) fn of_batch(self, tokens: usize) -> Self {
        match self {
            ForwardError::Tensor(error) if says_no_memory(&error.to_string()) => {
                ForwardError::OutOfMemory { tokens, reason: error.to_string() }
            }
            other => other,
        }
    }
}

/// Drivers and their libraries have no common type for it.
fn says_no_memory(message: &str) -> bool {
    let message = message.to_lowercase();
    ["out of memory", "out_of_memory", "alloc_failed"].iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_memory_is_told_apart() {
        let of = |words: &str| ForwardError::Tensor(candle_core::Error::msg(words)).of_batch(7);
        for words in [
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
            "CUBLAS_STATUS_ALLOC_FAILED",
        ] {
            assert!(matches!(of(words), ForwardError::OutOfMemory { tokens: 7, .. }), "{words}");
        }
        assert!(matches!(of("shape mismatch"), ForwardError::Tensor(_)));
    }
}
