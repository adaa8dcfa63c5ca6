//! From a request's text to the token sequences a model is fed.
//!
//! The rules are lm-evaluation-harness's (`lm_eval/api/model.py`, `lm_eval/models/huggingface.py`), because a
//! log-likelihood is only comparable when the split between context and continuation falls on the same token:
//!
//! - [`TextEncoder`] wraps a checkpoint's `tokenizer.json` and knows its prefix and end-of-sequence tokens;
//! - [`split`] encodes a context and a continuation and decides which tokens are scored;
//! - [`windows`] cuts a long text into disjoint scoring windows;
//! - [`encode_document`] turns all requests of a document into [`Pass`]es: tokens to feed, rows whose next token
//!   is scored, and for each token the [`Span`](harness_reports::Span) that its routing is counted under.
//!
//! Invariant: nothing downstream of this module sees text again until generated tokens are decoded.

mod document;
mod pair;
mod pass;
mod rolling;
mod spans;
mod text_encoder;

pub use document::{
    EncodeOptions, EncodedDocument, EncodedRequest, encode_document, reference_request,
};
pub use pair::{Pair, split};
pub use pass::{GenerationLimits, Pass};
pub use rolling::{RollingWindow, windows};
pub use text_encoder::{EncodeError, Encoded, TextEncoder};

#[cfg(test)]
mod testing {
    use std::path::Path;

    use super::TextEncoder;

    /// The tokenizer of the committed fixture checkpoint.
    pub(super) fn encoder() -> TextEncoder {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/model");
        TextEncoder::load(&folder, None).unwrap()
    }
}
