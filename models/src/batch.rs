//! What a model is asked: token segments laid end to end, and the rows whose prediction is wanted.

use std::ops::Range;

/// Names the state (keys and values, convolution and scan state) at the end of a segment.
///
/// The caller chooses it; it is unique within one [`Cache`](crate::Cache).
pub type NodeId = u64;

/// The routing group of a token that no group counts: special tokens, templates, shared work already counted.
pub const UNCOUNTED: u32 = u32::MAX;

/// Token segments of any number of sequences, run in one packed pass without padding.
///
/// Results do not depend on what else is in the batch (1e-5 in log-probability on CPU in f32).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Parents come before their children.
    pub segments: Vec<Segment>,
    /// Number of routing groups; every counted token names one below it. A counter of several batches
    /// takes a number for the same group in all of them.
    pub groups: usize,
}

/// A run of tokens that continues a node of the forest, or starts a sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Where this segment's state lives.
    pub node: NodeId,
    /// `None` starts at position 0. `Some` continues after that node's last token; the node is in
    /// the cache or earlier in the same batch.
    pub parent: Option<NodeId>,
    /// True: `node` is in the cache and without children, and these tokens are appended to it
    /// (generation); `parent` is then ignored.
    pub append: bool,
    /// At least one token.
    pub tokens: Vec<u32>,
    /// Per token: a routing group below [`Batch::groups`], or [`UNCOUNTED`].
    pub groups: Vec<u32>,
    /// Keep the node in the cache after this pass. An appended node stays whatever this says.
    pub keep: bool,
    /// The rows whose next-token distribution is wanted, ascending by row.
    pub wants: Vec<Want>,
}

/// One row whose next-token distribution is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Index of the token inside the segment after which the next token is predicted.
    pub row: usize,
    /// Tokens whose log-probability as the next token is wanted; may be empty (argmax only).
    pub targets: Vec<u32>,
}

/// The prediction of one wanted row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowOutput {
    /// The likeliest next token; the lowest id on ties.
    pub argmax: u32,
    /// Natural-log probability of each target of the [`Want`], in its order.
    pub log_probs: Vec<f64>,
}

/// What one packed pass returns.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardOutput {
    /// `[segment][want]`, in the batch's order.
    pub rows: Vec<Vec<RowOutput>>,
    /// Per segment: where a NaN or an infinity was first seen in it. The rows of such a segment
    /// hold no meaning; those of other segments are untouched by it.
    pub non_finite: Vec<Option<Place>>,
}

/// A place in the network, in the order of computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The token embedding.
    Embedding,
    /// The output of this layer, counted from 0 among all layers.
    Layer(usize),
    /// The vocabulary projection.
    Head,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Embedding => f.write_str("the embedding"),
            Place::Layer(layer) => write!(f, "layer {layer}"),
            Place::Head => f.write_str("the head"),
        }
    }
}

impl Batch {
    /// Tokens of all segments.
    pub fn tokens(&self) -> usize {
        self.segments.iter().map(|s| s.tokens.len()).sum()
    }

    /// The rows of each segment in the packed matrix: segments end to end, in order.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let range = |s: &Segment| {
            let range = start..start + s.tokens.len();
            start = range.end;
            range
        };
        self.segments.iter().map(range).collect()
    }

    /// The routing group of every packed row.
    pub fn packed_groups(&self) -> Vec<u32> {
        self.segments.iter().flat_map(|s| s.groups.iter().copied()).collect()
    }
}
