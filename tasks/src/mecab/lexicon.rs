//! `sys.dic` and `unk.dic`: words, found by their first letters.

use std::path::Path;

use super::MecabError;
use super::bytes::{numbers, read};
use super::connections::Connections;

const HEADER: usize = 72;
/// The first number of a file is its length under this mask.
const MAGIC: u32 = 0xef71_8f77;
const VERSION: u32 = 102;
/// Words and their index, without what is known about them: IPADIC has 18 MB.
const MAX_BYTES: u64 = 1 << 30;
/// Bytes of a word: two context ids, a part of speech, a cost, two offsets.
const WORD: usize = 16;

/// What a word costs beside which others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// Its context id as the right one of two.
    pub(super) left: u16,
    /// Its context id as the left one of two.
    pub(super) right: u16,
    /// What it costs by itself.
    pub(super) cost: i16,
}

/// Words under a double array of their bytes.
pub(super) struct Lexicon {
    /// Number of words that the dictionary was made of.
    pub(super) size: u32,
    /// Base and check of every node.
    nodes: Vec<(i32, u32)>,
    words: Vec<Word>,
}

/// What the head of a file says.
struct Header {
    size: u32,
    nodes: usize,
    words: usize,
}

impl Lexicon {
    /// Reads a dictionary whose words fit a matrix.
    pub(super) fn open(path: &Path, connections: &Connections) -> Result<Self, MecabError> {
        let bytes = read(path, MAX_BYTES.min(content(path)?))?;
        let wrong = |reason: &str| MecabError::file(path, reason);
        let header = Header::parse(&bytes).map_err(wrong)?;
        let body = &bytes[HEADER..];
        let (nodes, rest) =
            body.split_at_checked(header.nodes).ok_or_else(|| wrong("cut short"))?;
        let words = rest.get(..header.words).ok_or_else(|| wrong("cut short"))?;
        let lexicon = Self { size: header.size, nodes: nodes_of(nodes), words: words_of(words) };
        if lexicon.words.iter().all(|word| fits(word, connections)) {
            return Ok(lexicon);
        }
        Err(wrong("not made for the matrix.bin beside it"))
    }

    /// The words under exactly this key.
    pub(super) fn exactly(&self, key: &str) -> &[Word] {
        let all = self.walk(key.as_bytes());
        all.filter(|(length, _)| *length == key.len()).last().map_or(&[], |(_, words)| words)
    }

    /// Length in bytes and words of every key that `text` begins with, the
    /// shortest first.
    pub(super) fn walk(&self, text: &[u8]) -> impl Iterator<Item = (usize, &[Word])> {
        let mut base = self.nodes.first().map(|(base, _)| *base);
        let mut found = Vec::new();
        for length in 0..=text.len() {
            let Some(here) = base else { break };
            if let Some((value, check)) = self.node(here, 0)
                && value < 0
                && check == here
            {
                found.push((length, self.entry(value)));
            }
            let byte = text.get(length).map(|byte| i64::from(*byte) + 1);
            let next = byte.and_then(|byte| self.node(here, byte));
            base = next.filter(|(_, check)| *check == here).map(|(base, _)| base);
        }
        found.into_iter()
    }

    /// Base and check of the node `offset` behind `base`.
    fn node(&self, base: i32, offset: i64) -> Option<(i32, i32)> {
        let index = usize::try_from(i64::from(base) + offset).ok()?;
        self.nodes.get(index).map(|(base, check)| (*base, check.cast_signed()))
    }

    /// A leaf's words: 24 bits of the first one's place, 8 of their number.
    fn entry(&self, value: i32) -> &[Word] {
        let value = !value.cast_unsigned() as usize;
        let (first, count) = (value >> 8, value & 0xff);
        self.words.get(first..first + count).unwrap_or(&[])
    }
}

/// The bytes of a file in front of what is known about its words, which is
/// two thirds of it.
fn content(path: &Path) -> Result<u64, MecabError> {
    let head = read(path, HEADER as u64)?;
    let header = Header::parse(&head).map_err(|reason| MecabError::file(path, reason))?;
    Ok((HEADER + header.nodes + header.words) as u64)
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let head = bytes.get(..HEADER).ok_or("not a dictionary of MeCab")?;
        let fields: Vec<u32> = numbers(head).map(u32::from_le_bytes).collect();
        let (version, size) = (fields[1], fields[3]);
        let (nodes, words, features) = (fields[6], fields[7], fields[8]);
        let length = HEADER as u64 + u64::from(nodes) + u64::from(words) + u64::from(features);
        if version != VERSION || u64::from(fields[0] ^ MAGIC) != length {
            return Err("not a dictionary of MeCab");
        }
        let charset = String::from_utf8_lossy(&head[40..]).to_lowercase();
        if !charset.starts_with("utf8") && !charset.starts_with("utf-8") {
            return Err("not in UTF-8; install mecab-ipadic-utf8");
        }
        Ok(Self { size, nodes: nodes as usize, words: words as usize })
    }
}

fn nodes_of(bytes: &[u8]) -> Vec<(i32, u32)> {
    let node = |number: u64| ((number as u32).cast_signed(), (number >> 32) as u32);
    numbers(bytes).map(|number| node(u64::from_le_bytes(number))).collect()
}

fn words_of(bytes: &[u8]) -> Vec<Word> {
    let word = |bytes: [u8; WORD]| {
        let field = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        Word { left: field(0), right: field(2), cost: field(6).cast_signed() }
    };
    numbers(bytes).map(word).collect()
}

/// The matrix is looked up by the right side of a left word and the left
/// side of a right one.
fn fits(word: &Word, connections: &Connections) -> bool {
    usize::from(word.right) < connections.left && usize::from(word.left) < connections.right
}
