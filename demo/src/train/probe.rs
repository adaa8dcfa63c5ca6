//! Where a model sends the tokens of each language: the same sentences told in each.

use candle_core::Result;
use harness_metrics::routing::similarity::jensen_shannon_bits;
use harness_metrics::routing::usage::entropies_bits;
use tokenizers::Tokenizer;

use super::batch::{Batch, document};
use super::model::Model;
use crate::exercise::translation;
use crate::world::{Language, Random};

/// How often each expert of each layer was chosen: `[layers][experts]`.
pub type Usage = Vec<Vec<f64>>;

/// Sentences that are probed.
const ROWS: usize = 100;

/// The usage of experts on sentences of a language. A seed's sentences are the same in every
/// language.
///
/// # Errors
/// The model or the tokenizer fails, which valid text does not cause.
pub fn usage(model: &Model, tokenizer: &Tokenizer, language: Language, seed: u64) -> Result<Usage> {
    let mut random = Random::named(seed, "probe");
    let mut documents = Vec::new();
    for _ in 0..ROWS {
        let text = &translation::long(&mut random)[language as usize];
        let encoded =
            tokenizer.encode_fast(text.as_str(), false).map_err(candle_core::Error::wrap)?;
        documents.push(document(encoded.get_ids().to_vec()));
    }
    let pass = model.forward(&Batch::new(&documents), 0.0)?;
    let widened = |layer: Vec<f32>| layer.into_iter().map(f64::from).collect();
    Ok(pass.usage.into_iter().map(widened).collect())
}

/// Usage entropy of every layer in bits; empty when a layer was not used.
pub fn entropies(usage: &Usage) -> Vec<f64> {
    entropies_bits(usage).unwrap_or_default()
}

/// Mean over layers of the Jensen-Shannon divergence of two usages, in bits.
pub fn divergence(one: &Usage, other: &Usage) -> Option<f64> {
    let layers: Option<Vec<f64>> =
        one.iter().zip(other).map(|(a, b)| jensen_shannon_bits(a, b)).collect();
    layers.filter(|layers| !layers.is_empty()).map(|layers| mean(&layers))
}

/// The mean of a list; not a number when it is empty.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_does_not_diverge_from_itself() {
        let usage = vec![vec![1.0, 3.0], vec![2.0, 2.0]];
        assert_eq!(divergence(&usage, &usage), Some(0.0));
        assert_eq!(entropies(&usage)[1], 1.0);
        assert_eq!(divergence(&vec![], &vec![]), None);
    }
}
