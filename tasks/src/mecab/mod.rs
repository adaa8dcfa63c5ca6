//! Japanese text into words, as MeCab 0.996 does with an installed IPADIC.
//!
//! BLEU counts n-grams of words, and Japanese is written without spaces:
//! published scores are of text that MeCab's dictionary cut. [`Segmenter`]
//! reads MeCab's compiled dictionary and finds MeCab's path through it,
//! unknown words and equal costs included. It is our own code because the
//! crates that read these files (awabi, notmecab) map them with the
//! abandoned `memmap`, stop the program at a damaged file, and cut long runs
//! of one letter elsewhere than MeCab, which is what a model that repeats
//! itself writes; the maintained ones (lindera, vibrato) want a dictionary
//! format of their own.
//!
//! A dictionary is four files: the words (`sys.dic`), what may stand for a
//! word that is not among them (`unk.dic`, `char.bin`), and the cost of one
//! word beside another (`matrix.bin`). Source of all rules: MeCab 0.996
//! (`src/dictionary.cpp`, `char_property.h`, `tokenizer.cpp`, `viterbi.cpp`).

mod bytes;
mod characters;
mod connections;
mod error;
mod installed;
mod lattice;
mod lexicon;
mod segmenter;

pub use error::MecabError;
pub use installed::{DICTIONARY_VARIABLE, find, installed};
pub use segmenter::Segmenter;
