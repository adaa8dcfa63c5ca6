use clap::ValueEnum;
use harness_reports::Span;
use serde::Serialize;

use crate::encode::{GenerationLimits, Pass};

/// A set of requests in the shape of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// 20 documents with few-shots of their own and five choices each (JCommonsenseQA with 3 shots)
    Choices,
    /// 40 short documents with four choices each behind the same 1,200 tokens of few-shots
    FewShot,
    /// 8 sequences of 512 tokens that share nothing
    Prefill,
    /// 32 prompts of 128 tokens, each continued by 64 tokens
    Generate,
    /// 32 sequences of 512 tokens that share nothing
    #[value(name = "prefill-16k")]
    #[serde(rename = "prefill-16k")]
    PrefillLarge,
    /// 64 prompts of 128 tokens, each continued by 64 tokens
    #[value(name = "generate-64")]
    #[serde(rename = "generate-64")]
    GenerateLarge,
    /// The six tasks of the Hebrew leaderboard: 6,617 documents behind few-shots, 3.1 million tokens
    HeLeaderboard,
}

impl Workload {
    /// What is run where none is named: a few minutes on a laptop.
    pub const DEFAULT: [Workload; 4] =
        [Workload::Choices, Workload::FewShot, Workload::Prefill, Workload::Generate];

    /// Its sequences, each with the index of its document.
    pub fn passes(self, vocab_size: usize) -> Vec<(usize, Pass)> {
        let mut random = Random(1);
        let mut tokens = |count: usize| random.tokens(count, vocab_size);
        let mut passes = vec![];
        for shape in self.shapes() {
            let documents = passes.last().map_or(0, |(document, _)| document + 1);
            let added = shape.passes(&mut tokens).into_iter();
            passes.extend(added.map(|(document, pass)| (documents + document, pass)));
        }
        passes
    }

    fn shapes(self) -> Vec<Shape> {
        match self {
            Workload::Choices => vec![Shape::new(64, 20, 252, Answer::Choices(5, 4))],
            Workload::FewShot => vec![Shape::new(1200, 40, 60, Answer::Choices(4, 4))],
            Workload::Prefill => vec![Shape::new(0, 8, 512, Answer::Choices(1, 1))],
            Workload::Generate => vec![Shape::new(0, 32, 128, Answer::Generated(64))],
            Workload::PrefillLarge => vec![Shape::new(0, 32, 512, Answer::Choices(1, 1))],
            Workload::GenerateLarge => vec![Shape::new(0, 64, 128, Answer::Generated(64))],
            Workload::HeLeaderboard => HE_LEADERBOARD.to_vec(),
        }
    }
}

/// Few-shots and prompts as long as those of `he-leaderboard` are on average with the tokenizer of Qwen3 (`harness
/// plan` tells tokens and distinct ones), answers as long as gold ones. Trivia's are assumed: its data are not public.
const HE_LEADERBOARD: [Shape; 7] = [
    Shape::new(777, 884, 58, Answer::Generated(4)), // snli
    Shape::new(284, 1435, 96, Answer::Generated(10)), // heq
    Shape::new(372, 1695, 43, Answer::Generated(4)), // sentiment
    Shape::new(234, 278, 38, Answer::Choices(2, 4)), // winograd
    Shape::new(250, 1012, 38, Answer::Generated(35)), // translation into Hebrew
    Shape::new(250, 1012, 38, Answer::Generated(35)), // and into English
    Shape::new(250, 301, 30, Answer::Choices(4, 4)), // trivia
];

/// Documents of one length behind the same few-shots.
#[derive(Clone, Copy)]
struct Shape {
    /// Tokens that all documents share.
    shared: usize,
    documents: usize,
    /// Tokens of each document's own prompt.
    own: usize,
    answer: Answer,
}

/// What is asked about a prompt.
#[derive(Clone, Copy)]
enum Answer {
    /// So many continuations of so many tokens.
    Choices(usize, usize),
    /// So many new tokens.
    Generated(usize),
}

impl Shape {
    const fn new(shared: usize, documents: usize, own: usize, answer: Answer) -> Self {
        Self { shared, documents, own, answer }
    }

    fn passes(&self, tokens: &mut impl FnMut(usize) -> Vec<u32>) -> Vec<(usize, Pass)> {
        let shared = tokens(self.shared);
        let mut passes = vec![];
        for document in 0..self.documents {
            let prompt = [shared.clone(), tokens(self.own)].concat();
            match self.answer {
                Answer::Generated(new) => passes.push((document, generated(prompt, new))),
                Answer::Choices(choices, length) => passes.extend(
                    (0..choices).map(|n| (document, scored(&prompt, tokens(length), n == 0))),
                ),
            }
        }
        passes
    }
}

fn scored(prompt: &[u32], continuation: Vec<u32>, gold: bool) -> Pass {
    let fed = &continuation[..continuation.len() - 1];
    let (question, span) = if gold {
        (Some(Span::Question), Span::ContinuationGold)
    } else {
        (None, Span::ContinuationOther)
    };
    Pass {
        tokens: [prompt, fed].concat(),
        spans: [vec![question; prompt.len()], vec![Some(span); fed.len()]].concat(),
        first_row: prompt.len() - 1,
        targets: continuation,
        generation: None,
    }
}

fn generated(prompt: Vec<u32>, max_new_tokens: usize) -> Pass {
    Pass {
        spans: vec![Some(Span::Question); prompt.len()],
        first_row: prompt.len(),
        tokens: prompt,
        targets: Vec::new(),
        generation: Some(GenerationLimits { max_new_tokens, until: Vec::new() }),
    }
}

/// Knuth's linear congruential generator (MMIX): any scattered ids will do.
struct Random(u64);

impl Random {
    fn tokens(&mut self, count: usize, vocab_size: usize) -> Vec<u32> {
        let mut next = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % vocab_size as u64) as u32
        };
        (0..count).map(|_| next()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Forest;

    #[test]
    fn workloads_have_the_sizes_they_are_known_by() {
        let sizes = Workload::value_variants().iter().map(|workload| {
            let passes = workload.passes(151_936);
            let pairs: Vec<(usize, &Pass)> = passes.iter().map(|(d, pass)| (*d, pass)).collect();
            let naive: usize = passes.iter().map(|(_, pass)| pass.tokens.len()).sum();
            (naive, Forest::new(&pairs, 4096).tokens())
        });
        let expected = [
            (31_900, 5_404),
            (202_080, 4_080),
            (4_096, 4_096),
            (4_096, 4_096),
            (16_384, 16_384),
            (8_192, 8_192),
            (3_063_409, 366_085),
        ];
        assert_eq!(sizes.collect::<Vec<_>>(), expected);
    }
}
