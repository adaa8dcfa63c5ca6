use serde_json::{Map, Value, json};

use crate::encode::{EncodeError, TextEncoder};

/// A tokenizer whose tokens are their own numbers.
///
/// # Errors
/// [`EncodeError`], should the library refuse it.
pub fn number_tokenizer(vocab_size: usize) -> Result<TextEncoder, EncodeError> {
    let vocab: Map<String, Value> = (0..vocab_size).map(|id| (id.to_string(), id.into())).collect();
    TextEncoder::parse(&json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "0"}
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_their_own_numbers() {
        let tokenizer = number_tokenizer(300).unwrap();
        assert_eq!(tokenizer.encode("7 299 0").unwrap().ids, [7, 299, 0]);
        assert_eq!(tokenizer.decode(&[12, 5], false).unwrap(), "12 5");
    }
}
