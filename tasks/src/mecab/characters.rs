//! `char.bin`: what kinds of character there are, and how characters of a
//! kind make words that no dictionary has.

use std::path::Path;

use super::MecabError;
use super::bytes::{numbers, read};

/// Bytes of a category's name.
const NAME: usize = 32;
/// MeCab has a kind for each of U+0000 to U+FFFE.
const CODES: usize = 0xffff;
/// More categories than a character's bits could tell apart.
const MAX_CATEGORIES: usize = 18;

/// The kinds of a character, packed as MeCab packs them: 18 bits of
/// categories, 8 of the one that unknown words are of, 4 of a length, then
/// two switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(u32);

impl Kind {
    /// The category of unknown words that begin with this character.
    pub(super) fn category(self) -> usize {
        (self.0 >> 18 & 0xff) as usize
    }

    /// Unknown words of 1 to this many characters are tried.
    pub(super) fn length(self) -> usize {
        (self.0 >> 26 & 0xf) as usize
    }

    /// Whether a run of the same kind is tried as one unknown word.
    pub(super) fn groups(self) -> bool {
        self.0 >> 30 & 1 == 1
    }

    /// Whether unknown words are tried even where the dictionary has one.
    pub(super) fn always_invoked(self) -> bool {
        self.0 >> 31 == 1
    }

    /// Whether the two share a category.
    pub(super) fn is_like(self, other: Self) -> bool {
        self.0 & other.0 & 0x3_ffff != 0
    }
}

/// The kind of every character.
pub(super) struct Characters {
    /// The categories' names, which `unk.dic` files words under.
    pub(super) categories: Vec<String>,
    kinds: Vec<Kind>,
}

impl Characters {
    pub(super) fn open(path: &Path) -> Result<Self, MecabError> {
        let bytes = read(path, (4 + MAX_CATEGORIES * NAME + CODES * 4) as u64 + 1)?;
        Self::parse(&bytes).ok_or_else(|| MecabError::file(path, "not a table of characters"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (names, kinds) = rest.split_at_checked(count.checked_mul(NAME)?)?;
        let kinds: Vec<Kind> = numbers(kinds).map(|kind| Kind(u32::from_le_bytes(kind))).collect();
        let categories = names.chunks(NAME).map(name).collect();
        let fits = kinds.len() == CODES && kinds.iter().all(|kind| kind.category() < count);
        fits.then_some(Self { categories, kinds })
    }

    /// A character's kind; beyond U+FFFE that of U+0000, as MeCab has it.
    pub(super) fn kind(&self, character: char) -> Kind {
        self.kinds.get(character as usize).copied().unwrap_or(self.kinds[0])
    }

    /// Where the run of characters at the start of `text` ends of which the
    /// first is like `kind` and each further one like the one before it, and
    /// how many they are.
    pub(super) fn run(&self, text: &str, mut kind: Kind) -> (usize, usize) {
        let mut count = 0;
        for (at, character) in text.char_indices() {
            let next = self.kind(character);
            if !kind.is_like(next) {
                return (at, count);
            }
            (kind, count) = (next, count + 1);
        }
        (text.len(), count)
    }
}

fn name(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
