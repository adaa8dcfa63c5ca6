//! A dictionary at work.

use std::path::Path;

use super::MecabError;
use super::characters::Characters;
use super::connections::Connections;
use super::lattice::{Candidate, Lattice};
use super::lexicon::{Lexicon, Word};

/// The longest run of one kind that is tried as a word, without its first character.
const MAX_GROUP: usize = 24;
/// Words of IPADIC 2.7.0-20070801, which sacreBLEU insists on.
const IPADIC_SIZE: u32 = 392_126;
/// Debian's has one more, the era Reiwa.
const DEBIAN_SIZE: u32 = 392_127;

/// Cuts Japanese text into words.
pub struct Segmenter {
    lexicon: Lexicon,
    characters: Characters,
    connections: Connections,
    /// Unknown words by category.
    unknown: Vec<Vec<Word>>,
}

impl Segmenter {
    /// Reads a folder with `sys.dic`, `unk.dic`, `char.bin` and `matrix.bin`.
    ///
    /// # Errors
    /// [`MecabError::File`] if one is absent, damaged or not in UTF-8.
    pub fn open(folder: &Path) -> Result<Self, MecabError> {
        let connections = Connections::open(&folder.join("matrix.bin"))?;
        let characters = Characters::open(&folder.join("char.bin"))?;
        let lexicon = Lexicon::open(&folder.join("sys.dic"), &connections)?;
        let path = folder.join("unk.dic");
        let words = Lexicon::open(&path, &connections)?;
        let of = |category: &String| words.exactly(category).to_vec();
        let unknown: Vec<Vec<Word>> = characters.categories.iter().map(of).collect();
        match unknown.iter().position(Vec::is_empty) {
            None => Ok(Self { lexicon, characters, connections, unknown }),
            Some(empty) => {
                let category = &characters.categories[empty];
                Err(MecabError::file(&path, format!("no unknown word of category {category}")))
            }
        }
    }

    /// sacreBLEU's name for the segmentation, which tells the dictionary:
    /// `0.996-IPA`, with the number of words where it is not sacreBLEU's own.
    #[must_use]
    pub fn version(&self) -> String {
        match self.lexicon.size {
            IPADIC_SIZE => "0.996-IPA".to_owned(),
            DEBIAN_SIZE => "0.996-IPA.debian".to_owned(),
            size => format!("0.996-{size}"),
        }
    }

    /// The words of a text, as `mecab -Owakati` writes them: white space
    /// between words is dropped.
    #[must_use]
    pub fn words<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut lattice = Lattice::new(text.len(), &self.connections);
        for at in 0..text.len() {
            if lattice.reaches(at) {
                for candidate in self.candidates(text, at).iter().rev() {
                    lattice.add(at, candidate);
                }
            }
        }
        lattice.best().into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    /// The words that may follow at this byte, in MeCab's order; none where
    /// only white space is left.
    fn candidates(&self, text: &str, at: usize) -> Vec<Candidate> {
        let space = self.characters.kind(' ');
        let start = at + self.characters.run(&text[at..], space).0;
        let mut found = Vec::new();
        for (length, words) in self.lexicon.walk(&text.as_bytes()[start..]) {
            push(&mut found, start, start + length, words);
        }
        let first = text[start..].chars().next();
        let Some(first) = first else { return found };
        if found.is_empty() || self.characters.kind(first).always_invoked() {
            self.unknown_words(text, start, first, &mut found);
        }
        found
    }

    fn unknown_words(&self, text: &str, start: usize, first: char, found: &mut Vec<Candidate>) {
        let kind = self.characters.kind(first);
        let words = &self.unknown[kind.category()];
        let after = start + first.len_utf8();
        let group = kind.groups().then(|| self.characters.run(&text[after..], kind));
        let group_end = group.map(|(length, _)| after + length);
        if let Some((length, count)) = group
            && count <= MAX_GROUP
        {
            push(found, start, after + length, words);
        }
        let mut end = after;
        for _ in 0..kind.length() {
            if group_end == Some(end) {
                continue;
            }
            push(found, start, end, words);
            let next = text[end..].chars().next();
            match next.filter(|next| kind.is_like(self.characters.kind(*next))) {
                Some(next) => end += next.len_utf8(),
                None => break,
            }
        }
        if found.is_empty() {
            push(found, start, after, words);
        }
    }
}

fn push(found: &mut Vec<Candidate>, start: usize, end: usize, words: &[Word]) {
    found.extend(words.iter().map(|&word| Candidate { start, end, word }));
}
