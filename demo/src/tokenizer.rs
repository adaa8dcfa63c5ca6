//! The tokenizer that all checkpoints of the demo share: byte-level BPE (Radford et al. 2019)
//! trained on equal amounts of the three languages, so that no language is split to bytes.

use std::path::Path;

use serde_json::{Value, json};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

use crate::corpus::{Mix, Writer};
use crate::tell::paragraphs;
use crate::world::{Language, Random};

/// Ends a document; also what stands before a text without context.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Entries of the demo's tokenizer.
pub const ENTRIES: usize = 2560;
/// Characters that the demo's tokenizer is trained on.
pub const CHARACTERS: usize = 1_500_000;

/// Why a tokenizer could not be trained, used or written.
#[derive(Debug, thiserror::Error)]
#[error("tokenizer: {0}")]
pub struct TokenizerError(String);

impl From<tokenizers::Error> for TokenizerError {
    fn from(error: tokenizers::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for TokenizerError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Trains a tokenizer of at most `entries` tokens, [`END_OF_TEXT`] being token 0, on
/// `characters` characters of text. Deterministic for a seed.
///
/// # Errors
/// Fewer entries than the 256 bytes and the special token need.
pub fn train(seed: u64, entries: usize, characters: usize) -> Result<Tokenizer, TokenizerError> {
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    tokenizer.with_decoder(Some(ByteLevel::new(false, true, true)));
    let trainer = BpeTrainer::builder()
        .vocab_size(entries)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .build();
    let texts = texts(seed, characters);
    tokenizer.train(&mut TrainerWrapper::BpeTrainer(trainer), texts.into_iter())?;
    if tokenizer.get_vocab_size(true) > entries {
        return Err(TokenizerError(format!("{entries} entries do not hold the 256 bytes")));
    }
    Ok(tokenizer)
}

fn texts(seed: u64, characters: usize) -> Vec<String> {
    let mut writer = Writer::new(Mix::for_tokenizer(), seed, "tokenizer");
    let (mut texts, mut total) = (Vec::new(), 0);
    while total < characters {
        let (source, text) = writer.document();
        let length = text.chars().count();
        writer.received(source, length);
        total += length;
        texts.push(text);
    }
    texts
}

/// Tokens a character and tokens a whitespace-separated piece, by language, on fresh prose.
///
/// # Errors
/// The tokenizer refuses a text.
pub fn fertility(tokenizer: &Tokenizer, seed: u64) -> Result<[(f64, f64); 3], TokenizerError> {
    let mut measured = [(0.0, 0.0); 3];
    for language in Language::ALL {
        let mut random = Random::named(seed, "fertility");
        let texts: Vec<String> =
            (0..500).map(|_| paragraphs::draw(language, &mut random)).collect();
        let text = texts.join("\n");
        let tokens = tokenizer.encode_fast(text.as_str(), false)?.len() as f64;
        let characters = text.chars().count() as f64;
        let pieces = text.split_whitespace().count() as f64;
        measured[language as usize] = (tokens / characters, tokens / pieces);
    }
    Ok(measured)
}

/// Writes `tokenizer.json` and `tokenizer_config.json`.
///
/// # Errors
/// The file system refuses.
pub fn write(tokenizer: &Tokenizer, folder: &Path) -> Result<(), TokenizerError> {
    tokenizer.save(folder.join("tokenizer.json"), false)?;
    let config = serde_json::to_string_pretty(&config()).map_err(std::io::Error::from)?;
    Ok(std::fs::write(folder.join("tokenizer_config.json"), config + "\n")?)
}

fn config() -> Value {
    json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": false,
        "add_prefix_space": false,
        "bos_token": null,
        "eos_token": END_OF_TEXT,
        "pad_token": END_OF_TEXT,
        "unk_token": null,
        "clean_up_tokenization_spaces": false,
        "model_max_length": 1024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_repeats_and_texts_survive() {
        let tokenizer = train(1, 600, 60_000).unwrap();
        let again = train(1, 600, 60_000).unwrap();
        assert_eq!(tokenizer.to_string(false).unwrap(), again.to_string(false).unwrap());
        assert_eq!(tokenizer.token_to_id(END_OF_TEXT), Some(0));
        for text in ["Dana lives in Tilo.", "דנה גרה בטילו.", "ダナはティロに住んでいます。"]
        {
            let ids = tokenizer.encode(text, false).unwrap();
            assert_eq!(tokenizer.decode(ids.get_ids(), true).unwrap(), text);
        }
    }

    #[test]
    fn too_few_entries_are_refused() {
        assert!(train(1, 100, 1000).is_err());
    }
}
