//! How texts are cut into the tokens whose n-grams BLEU counts.

use std::borrow::Cow;

use crate::mecab::{MecabError, Segmenter, installed};
use crate::python::text::strip;

/// The tokenizers of BLEU. `sacrebleu-rs` takes a name it does not know for
/// 13a, so a name can only come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokenizer {
    /// mteval-v13a, the default.
    V13a,
    /// mteval-v14, by Unicode.
    International,
    /// One token a character.
    Char,
    /// Split at white space alone.
    Whitespace,
    /// MeCab's words, which sacreBLEU calls ja-mecab.
    Mecab,
    /// MeCab's words, each split by 13a.
    MecabThen13a,
}

impl Tokenizer {
    /// sacreBLEU's name of what is done to the text, or to MeCab's words.
    fn name(self) -> &'static str {
        match self {
            Self::V13a | Self::MecabThen13a => "13a",
            Self::International => "intl",
            Self::Char => "char",
            Self::Whitespace | Self::Mecab => "none",
        }
    }
}

/// A tokenizer at work.
pub(super) struct Cutter {
    tokenizer: Tokenizer,
    segmenter: Option<&'static Segmenter>,
}

impl Cutter {
    /// Fails where the tokenizer needs MeCab's dictionary and there is none.
    pub(super) fn new(tokenizer: Tokenizer) -> Result<Self, &'static MecabError> {
        let needs_words = matches!(tokenizer, Tokenizer::Mecab | Tokenizer::MecabThen13a);
        let segmenter = needs_words.then(installed).transpose()?;
        Ok(Self { tokenizer, segmenter })
    }

    /// sacreBLEU's name of what is left to do after [`Cutter::cut`].
    pub(super) fn tokenizer(&self) -> &'static str {
        self.tokenizer.name()
    }

    /// The text with spaces between its words, where that is asked for.
    pub(super) fn cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.segmenter {
            Some(segmenter) => segmenter.words(strip(text)).join(" ").into(),
            None => text.into(),
        }
    }

    /// sacreBLEU's signature with the segmentation in it. What follows 13a
    /// is ours: the Swallow evaluation's own numbers are signed as plain 13a.
    pub(super) fn sign(&self, signature: &str) -> String {
        let Some(segmenter) = self.segmenter else { return signature.to_owned() };
        let version = segmenter.version();
        let name = match self.tokenizer {
            Tokenizer::MecabThen13a => format!("tok:mecab-{version}+13a"),
            _ => format!("tok:ja-mecab-{version}"),
        };
        signature.replacen(&format!("tok:{}", self.tokenizer()), &name, 1)
    }
}
