//! Batches: whole documents, tokenized and laid end to end.

use std::ops::Range;
use std::sync::Arc;

use tokenizers::Tokenizer;

use super::operations::NO_TARGET;
use crate::corpus::{Position, Writer};
use crate::tokenizer::TokenizerError;

/// The longest document in tokens; longer ones are cut.
pub const LONGEST: usize = 768;

/// The end-of-text token of the demo's tokenizer.
pub const END: u32 = 0;

/// Documents laid end to end. Nothing attends across their borders.
#[derive(Clone, Debug)]
pub struct Batch {
    /// All tokens.
    pub tokens: Vec<u32>,
    /// The token that follows each, or [`NO_TARGET`].
    pub targets: Arc<Vec<u32>>,
    /// The position of each token in its document.
    pub positions: Arc<Vec<usize>>,
    /// The tokens of each document.
    pub documents: Arc<Vec<Range<usize>>>,
}

impl Batch {
    /// Lays out documents, each given as its tokens with their targets.
    pub fn new(documents: &[(Vec<u32>, Vec<u32>)]) -> Self {
        let (mut tokens, mut targets) = (Vec::new(), Vec::new());
        let (mut positions, mut ranges) = (Vec::new(), Vec::new());
        for (document, follow) in documents {
            ranges.push(tokens.len()..tokens.len() + document.len());
            positions.extend(0..document.len());
            tokens.extend(document);
            targets.extend(follow);
        }
        Self {
            tokens,
            targets: Arc::new(targets),
            positions: Arc::new(positions),
            documents: Arc::new(ranges),
        }
    }

    /// How many tokens have a target.
    pub fn counted(&self) -> usize {
        self.targets.iter().filter(|&&target| target != NO_TARGET).count()
    }
}

/// A document's tokens with the token that follows each: the end of text follows the last.
/// Every other document (by length) also begins with the end of the one before, since a text
/// without context is scored after that token.
pub fn document(mut tokens: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
    if tokens.len().is_multiple_of(2) {
        tokens.insert(0, END);
    }
    tokens.truncate(LONGEST);
    let mut targets = tokens[1..].to_vec();
    targets.push(END);
    (tokens, targets)
}

/// Reads the batches of a mix.
pub struct Reader {
    writer: Writer,
    tokenizer: Arc<Tokenizer>,
}

impl Reader {
    /// Reads what a writer writes.
    pub fn new(writer: Writer, tokenizer: Arc<Tokenizer>) -> Self {
        Self { writer, tokenizer }
    }

    /// The next batch: documents until there are `budget` tokens.
    ///
    /// # Errors
    /// The tokenizer refuses a text.
    pub fn batch(&mut self, budget: usize) -> Result<Batch, TokenizerError> {
        let (mut documents, mut total) = (Vec::new(), 0);
        while total < budget {
            let (source, text) = self.writer.document();
            let encoded = self.tokenizer.encode_fast(text, false)?;
            let laid = document(encoded.get_ids().to_vec());
            self.writer.received(source, laid.0.len());
            total += laid.0.len();
            documents.push(laid);
        }
        Ok(Batch::new(&documents))
    }

    /// Where the reader stands.
    pub fn position(&self) -> Position {
        self.writer.position()
    }

    /// Continues from a position; false if it belongs to another mix.
    pub fn resume(&mut self, position: &Position) -> bool {
        self.writer.resume(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_follow_their_tokens() {
        assert_eq!(document(vec![5, 6, 7]), (vec![5, 6, 7], vec![6, 7, END]));
        assert_eq!(document(vec![5, 6]), (vec![END, 5, 6], vec![5, 6, END]));
        let batch = Batch::new(&[document(vec![5]), document(vec![6, 7])]);
        assert_eq!(*batch.positions, [0, 0, 1, 2]);
        assert_eq!(*batch.documents, [0..1, 1..4]);
        assert_eq!(batch.counted(), 4);
    }
}
