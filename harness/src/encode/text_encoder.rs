use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizers::{AddedToken, Tokenizer};

/// What can go wrong between a checkpoint's tokenizer files and a token sequence.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// `tokenizer.json` or `tokenizer_config.json` cannot be read or parsed.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer could not encode or decode a text: {0}")]
    Tokenizer(String),
    /// A request that cannot be scored; the document is recorded as unscored with this reason.
    #[error("{0}")]
    Unscorable(String),
}

/// Token ids of a text, with what is needed to attribute them to their author.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids, special tokens that the tokenizer adds by default included.
    pub ids: Vec<u32>,
    /// Byte offset in the text of each token's first character; `None` for a special token, which no span counts.
    pub starts: Vec<Option<usize>>,
}

/// A checkpoint's tokenizer with lm-eval's notion of a prefix token.
#[derive(Debug)]
pub struct TextEncoder {
    tokenizer: Tokenizer,
    special: HashSet<u32>,
    prefix: Option<(u32, String)>,
    eos: Option<(u32, String)>,
    model_max_length: Option<usize>,
}

impl TextEncoder {
    /// Reads `tokenizer.json` and, when present, `tokenizer_config.json` from a checkpoint folder.
    ///
    /// The prefix token is the tokenizer's BOS, else its EOS (`prefix_token_id` of lm-eval's `HFLM`);
    /// `prefix_token` overrides it by its text. `config.json` is not consulted: its ids may belong to another tokenizer.
    ///
    /// # Errors
    /// [`EncodeError::File`] names the file and what to do.
    pub fn load(folder: &Path, prefix_token: Option<&str>) -> Result<Self, EncodeError> {
        let path = folder.join("tokenizer.json");
        let tokenizer = Tokenizer::from_file(&path).map_err(|error| EncodeError::File {
            path: path.clone(),
            reason: format!(
                "not a readable tokenizer ({error}); a checkpoint needs the `tokenizer.json` of a fast tokenizer, \
                 which transformers writes with `AutoTokenizer.from_pretrained(...).save_pretrained(...)`"
            ),
        })?;
        Self::new(tokenizer, &read_config(folder)?, &path, prefix_token)
    }

    /// A tokenizer without a checkpoint, from what a `tokenizer.json` would hold.
    ///
    /// # Errors
    /// [`EncodeError::Tokenizer`] when it is none.
    pub fn parse(tokenizer: &Value) -> Result<Self, EncodeError> {
        let refused = |error: tokenizers::Error| EncodeError::Tokenizer(error.to_string());
        let tokenizer = Tokenizer::from_bytes(tokenizer.to_string()).map_err(refused)?;
        Self::new(tokenizer, &Value::Null, "tokenizer.json".as_ref(), None)
    }

    /// From the tokenizer in a file, and what `tokenizer_config.json` says about it.
    fn new(
        mut tokenizer: Tokenizer,
        config: &Value,
        path: &Path,
        prefix_token: Option<&str>,
    ) -> Result<Self, EncodeError> {
        drop_truncation_and_padding(&mut tokenizer, path)?;
        let named = |key: &str| special_token(config, key);
        let id_of = |token: String| tokenizer.token_to_id(&token).map(|id| (id, token));
        let prefix = match prefix_token {
            Some(token) => Some(id_of(token.to_owned()).ok_or_else(|| EncodeError::File {
                path: path.to_owned(),
                reason: format!(
                    "has no token {token:?}, which `prefix_token` of harness.toml names"
                ),
            })?),
            None => named("bos_token").or_else(|| named("eos_token")).and_then(id_of),
        };
        Ok(Self {
            special: special_ids(&tokenizer),
            eos: named("eos_token").and_then(id_of),
            prefix,
            model_max_length: config.get("model_max_length").and_then(model_max_length),
            tokenizer,
        })
    }

    /// The token that stands in for an empty context, if the tokenizer has BOS or EOS.
    pub fn prefix(&self) -> Option<u32> {
        self.prefix.as_ref().map(|(id, _)| *id)
    }

    /// The tokenizer's end-of-sequence token: id and text.
    pub fn eos(&self) -> Option<(u32, &str)> {
        self.eos.as_ref().map(|(id, text)| (*id, text.as_str()))
    }

    /// `model_max_length` of tokenizer_config.json where it is a real bound.
    pub fn model_max_length(&self) -> Option<usize> {
        self.model_max_length
    }

    /// Encodes a text with the tokenizer's own default special tokens, unless the text already begins with the
    /// prefix token (a chat template that writes BOS itself), so that there is never a second one.
    ///
    /// # Errors
    /// [`EncodeError::Tokenizer`] when the tokenizer refuses the text.
    pub fn encode(&self, text: &str) -> Result<Encoded, EncodeError> {
        let already = self
            .prefix
            .as_ref()
            .is_some_and(|(_, prefix)| !prefix.is_empty() && text.starts_with(prefix));
        self.encode_with(text, !already)
    }

    /// Encodes a text without any token of the tokenizer's own.
    ///
    /// # Errors
    /// As [`TextEncoder::encode`].
    pub fn encode_plain(&self, text: &str) -> Result<Encoded, EncodeError> {
        self.encode_with(text, false)
    }

    fn encode_with(&self, text: &str, add_special_tokens: bool) -> Result<Encoded, EncodeError> {
        let encoding = self
            .tokenizer
            .encode(text, add_special_tokens)
            .map_err(|error| EncodeError::Tokenizer(error.to_string()))?;
        let ids = encoding.get_ids().to_vec();
        let mut previous_end = 0;
        let starts = ids
            .iter()
            .zip(encoding.get_offsets())
            .zip(encoding.get_special_tokens_mask())
            .map(|((id, &(start, end)), &mask)| {
                if mask == 1 || self.special.contains(id) {
                    previous_end = previous_end.max(end);
                    return None;
                }
                // Tokenizers that trim offsets leave the leading space out; the token begins where the last one ended.
                let first = start.min(previous_end);
                previous_end = end;
                Some(first)
            })
            .collect();
        Ok(Encoded { ids, starts })
    }

    /// Decodes token ids; ids beyond the vocabulary decode to nothing.
    ///
    /// # Errors
    /// [`EncodeError::Tokenizer`] when the decoder fails.
    pub fn decode(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String, EncodeError> {
        self.tokenizer
            .decode(ids, skip_special_tokens)
            .map_err(|error| EncodeError::Tokenizer(error.to_string()))
    }
}

/// A `truncation` or `padding` block saved in tokenizer.json would silently shorten or lengthen prompts.
fn drop_truncation_and_padding(tokenizer: &mut Tokenizer, path: &Path) -> Result<(), EncodeError> {
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map(|_| ())
        .map_err(|error| EncodeError::File { path: path.to_owned(), reason: error.to_string() })
}

fn special_ids(tokenizer: &Tokenizer) -> HashSet<u32> {
    let special = |(id, token): (u32, AddedToken)| token.special.then_some(id);
    tokenizer.get_added_tokens_decoder().into_iter().filter_map(special).collect()
}

fn read_config(folder: &Path) -> Result<Value, EncodeError> {
    let path = folder.join("tokenizer_config.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Value::Null),
        Err(error) => {
            return Err(EncodeError::File { path, reason: error.to_string() });
        }
    };
    serde_json::from_str(&text)
        .map_err(|error| EncodeError::File { path, reason: format!("not JSON: {error}") })
}

/// A special token is spelled as a string or as an object with `content`.
fn special_token(config: &Value, key: &str) -> Option<String> {
    let value = config.get(key)?;
    value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
}

/// transformers writes 1e30 for "no limit".
fn model_max_length(value: &Value) -> Option<usize> {
    let length = value.as_f64()?;
    (1.0..1e9).contains(&length).then_some(length as usize)
}
