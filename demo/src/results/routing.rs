//! Routing measures of the record's counts.

use harness_metrics::routing::{lsi, similarity, usage};

use super::record::Checkpoint;
use crate::train::probe::{self, mean};

/// Threshold of the language specialisation index below which an expert counts as shared.
pub(super) const LSI_THRESHOLD: f64 = 0.1;

/// Usage entropy of every layer in bits.
pub(super) fn entropies(checkpoint: &Checkpoint, language: &str) -> Option<Vec<f64>> {
    usage::entropies_bits(&checkpoint.load(language)?)
}

/// English minus Hebrew, mean over layers, in bits.
pub(super) fn gap(checkpoint: &Checkpoint) -> Option<f64> {
    Some(mean(&entropies(checkpoint, "en")?) - mean(&entropies(checkpoint, "he")?))
}

/// Selections divided by tokens, so that languages of different length can be compared.
fn rates(checkpoint: &Checkpoint, language: &str) -> Option<Vec<Vec<f64>>> {
    let tokens = checkpoint.usage.iter().find(|usage| usage.language == language)?.tokens as f64;
    let mut load = checkpoint.load(language)?;
    load.iter_mut().flatten().for_each(|count| *count /= tokens);
    Some(load)
}

/// The share of (layer, expert) pairs in use that serve Hebrew and English alike.
pub(super) fn shared_fraction(checkpoint: &Checkpoint) -> Option<f64> {
    let (he, en) = (rates(checkpoint, "he")?, rates(checkpoint, "en")?);
    let indices = lsi::per_layer_expert(&he, &en)?;
    lsi::classify(indices.iter().flatten(), LSI_THRESHOLD).shared_fraction()
}

/// Cosine of Hebrew and English activation rates, mean over layers.
pub(super) fn cosine(checkpoint: &Checkpoint) -> Option<f64> {
    let (he, en) = (rates(checkpoint, "he")?, rates(checkpoint, "en")?);
    let layers: Option<Vec<f64>> =
        he.iter().zip(&en).map(|(he, en)| similarity::cosine(he, en)).collect();
    layers.map(|layers| mean(&layers))
}

/// Jensen-Shannon divergence of a language's routing from another checkpoint's, in bits, mean
/// over layers.
pub(super) fn moved(from: &Checkpoint, to: &Checkpoint, language: &str) -> Option<f64> {
    probe::divergence(&from.load(language)?, &to.load(language)?)
}
