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
}

impl Workload {
    /// Its sequences, each with the index of its document.
    pub fn passes(self, vocab_size: usize) -> Vec<(usize, Pass)> {
        let mut random = Random(1);
        let mut tokens = |count: usize| random.tokens(count, vocab_size);
        match self {
            Workload::Choices => choices(&mut tokens, [64, 20, 252, 5, 4]),
            Workload::FewShot => choices(&mut tokens, [1200, 40, 60, 4, 4]),
            Workload::Prefill => choices(&mut tokens, [0, 8, 512, 1, 1]),
            Workload::Generate => {
                (0..32).map(|document| (document, generated(tokens(128), 64))).collect()
            }
        }
    }
}

/// Tokens that all documents share, documents, tokens of each, choices, tokens of a choice.
fn choices(tokens: &mut impl FnMut(usize) -> Vec<u32>, shape: [usize; 5]) -> Vec<(usize, Pass)> {
    let [shared, documents, own, choices, length] = shape;
    let shared = tokens(shared);
    let mut passes = Vec::new();
    for document in 0..documents {
        let prompt = [shared.clone(), tokens(own)].concat();
        for choice in 0..choices {
            passes.push((document, scored(&prompt, tokens(length), choice == 0)));
        }
    }
    passes
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
        let expected = [(31_900, 5_404), (202_080, 4_080), (4_096, 4_096), (4_096, 4_096)];
        assert_eq!(sizes.collect::<Vec<_>>(), expected);
    }
}
