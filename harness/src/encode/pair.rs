use super::text_encoder::{EncodeError, Encoded, TextEncoder};

/// A context and a continuation as tokens, in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Tokens of the context alone, with their positions in the context's text.
    pub context: Encoded,
    /// Tokens that are scored.
    pub continuation: Vec<u32>,
}

/// Splits as lm-eval's `TemplateLM._encode_pair` and `loglikelihood` (`lm_eval/api/model.py`).
///
/// White space at the end of the context moves to the front of the continuation. With `W = encode(context +
/// continuation)` and `C = encode(context)`, the context is C and the continuation `W[len(C)..]`, even where a merge
/// crosses the border and C is not a prefix of W. An empty context is replaced by the prefix token, or, when the
/// continuation starts with that token, by taking it from there.
///
/// # Errors
/// [`EncodeError::Unscorable`] when nothing is left to score, when a context of white space only leaves no token to
/// start from, or when the context is empty and the tokenizer has neither BOS nor EOS.
pub fn split(
    encoder: &TextEncoder,
    context: &str,
    continuation: &str,
) -> Result<Pair, EncodeError> {
    let pair = if context.is_empty() {
        without_context(encoder, continuation)?
    } else {
        let trimmed = context.trim_end_matches(is_python_space);
        let moved = format!("{}{continuation}", &context[trimmed.len()..]);
        let whole = encoder.encode(&format!("{trimmed}{moved}"))?.ids;
        let context = encoder.encode(trimmed)?;
        let continuation = whole.get(context.ids.len()..).unwrap_or_default().to_vec();
        Pair { context, continuation }
    };
    if pair.continuation.is_empty() {
        return unscorable(
            "the continuation has no token of its own after the context (empty, or merged into it)",
        );
    }
    if pair.context.ids.is_empty() {
        return unscorable(
            "the context is white space only and the tokenizer adds no token to start from",
        );
    }
    Ok(pair)
}

fn without_context(encoder: &TextEncoder, continuation: &str) -> Result<Pair, EncodeError> {
    let mut ids = encoder.encode_plain(continuation)?.ids;
    let Some(prefix) = encoder.prefix() else {
        return unscorable(
            "the context is empty and the tokenizer has neither BOS nor EOS to start from",
        );
    };
    if ids.first() == Some(&prefix) {
        ids.remove(0);
    }
    Ok(Pair { context: Encoded { ids: vec![prefix], starts: vec![None] }, continuation: ids })
}

fn unscorable<T>(reason: &str) -> Result<T, EncodeError> {
    Err(EncodeError::Unscorable(reason.to_owned()))
}

/// Python's `str.isspace`: Unicode white space and the four ASCII separators that Rust leaves out.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::testing::encoder;

    #[test]
    fn white_space_moves_to_the_continuation() {
        let encoder = encoder();
        let (moved, plain) =
            (split(&encoder, "a b ", "c").unwrap(), split(&encoder, "a b", " c").unwrap());
        assert_eq!(moved, plain);
        assert_eq!(encoder.decode(&moved.continuation, false).unwrap(), " c");
    }

    #[test]
    fn an_empty_context_is_the_prefix_token() {
        let encoder = encoder();
        let (prefix, text) = (
            encoder.prefix().unwrap(),
            encoder.decode(&[encoder.prefix().unwrap()], false).unwrap(),
        );
        let pair = split(&encoder, "", "word").unwrap();
        assert_eq!((pair.context.ids, pair.context.starts), (vec![prefix], vec![None]));
        let with_prefix = split(&encoder, "", &format!("{text}word")).unwrap();
        assert_eq!(with_prefix.continuation, pair.continuation, "the prefix is not scored twice");
    }

    #[test]
    fn nothing_to_score_is_a_reason_not_a_number() {
        let encoder = encoder();
        for (context, continuation) in [("a", ""), ("", ""), (" \n", "b")] {
            assert!(
                matches!(split(&encoder, context, continuation), Err(EncodeError::Unscorable(_))),
                "{context:?}"
            );
        }
    }

    #[test]
    fn python_strips_more_than_rust() {
        assert!("\u{1c}\u{3000}\u{a0}".chars().all(is_python_space));
        assert!(!is_python_space('\u{200b}'));
    }
}
