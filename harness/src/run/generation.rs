use std::collections::HashSet;

use harness_reports::record::Span;

use crate::encode::{EncodeError, GenerationLimits, TextEncoder};
use crate::plan::Cell;

/// A prompt being continued greedily.
#[derive(Debug)]
pub(super) struct Sequence {
    /// The pass that asked for it.
    pub pass: usize,
    /// The cache's name for the generated part.
    pub node: u64,
    /// The cache's name for the end of the prompt.
    pub prompt: u64,
    /// Whether a generated token has been fed.
    pub started: bool,
    /// The token to feed next.
    pub next: u32,
    /// What its routing counts for.
    pub cell: Cell,
    written: Vec<u32>,
    limits: GenerationLimits,
    stops: Vec<Stop>,
}

/// A stop string, and how many tokens back it is looked for.
#[derive(Debug)]
struct Stop {
    text: String,
    lookback: usize,
}

impl Sequence {
    /// A sequence whose prompt ends at node `prompt`.
    ///
    /// # Errors
    /// When a stop string cannot be encoded.
    pub(super) fn new(
        encoder: &TextEncoder,
        pass: usize,
        (node, prompt): (u64, u64),
        document: usize,
        limits: GenerationLimits,
    ) -> Result<Self, EncodeError> {
        let stop = |text: &String| -> Result<Stop, EncodeError> {
            // lm-eval's MultiTokenEOSCriteria decodes that many tokens, since a stop may begin inside one.
            let lookback = encoder.encode_plain(text)?.ids.len() + 2;
            Ok(Stop { text: text.clone(), lookback })
        };
        let stops = limits
            .until
            .iter()
            .filter(|text| !text.is_empty())
            .map(stop)
            .collect::<Result<_, _>>()?;
        let cell = Cell { document, span: Span::Generated };
        Ok(Self {
            pass,
            node,
            prompt,
            started: false,
            next: 0,
            cell,
            written: Vec::new(),
            limits,
            stops,
        })
    }

    /// Takes the next token; true when the sequence is complete with it.
    ///
    /// # Errors
    /// When the written tokens cannot be decoded.
    pub(super) fn push(
        &mut self,
        token: u32,
        encoder: &TextEncoder,
        ends: &HashSet<u32>,
    ) -> Result<bool, EncodeError> {
        self.written.push(token);
        self.next = token;
        if ends.contains(&token) || self.written.len() >= self.limits.max_new_tokens {
            return Ok(true);
        }
        for stop in &self.stops {
            let from = self.written.len().saturating_sub(stop.lookback);
            if encoder.decode(&self.written[from..], false)?.contains(&stop.text) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The written text without special tokens, cut at each stop in turn (`postprocess_generated_text` of
    /// `lm_eval/models/utils.py`). Nothing is stripped.
    ///
    /// # Errors
    /// When the written tokens cannot be decoded.
    pub(super) fn text(&self, encoder: &TextEncoder) -> Result<String, EncodeError> {
        let mut text = encoder.decode(&self.written, true)?;
        for stop in &self.stops {
            if let Some(at) = text.find(&stop.text) {
                text.truncate(at);
            }
        }
        Ok(text)
    }

    /// Tokens written so far.
    pub(super) fn length(&self) -> usize {
        self.written.len()
    }
}
