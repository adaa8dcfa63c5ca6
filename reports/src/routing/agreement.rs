//! Whether two languages' gaps to English have one profile over the depth.

use harness_metrics::Estimate;
use harness_metrics::PairMeasure;
use harness_metrics::routing::{layers, ranks};
use serde::Serialize;

use super::pair::PairMeasured;

/// How alike the gaps of two languages to a third are, for one model.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GapAgreement {
    /// The parallel text.
    pub corpus: String,
    /// The model.
    pub model: String,
    /// First language.
    pub first: String,
    /// Second language.
    pub second: String,
    /// The language that both are compared with.
    pub against: String,
    /// Root mean square difference of the two gaps over layers, bits.
    pub rmse: Estimate,
    /// Largest |difference|, bits.
    pub largest: Estimate,
    /// MoE layer where that is.
    pub layer: usize,
    /// Pearson's correlation over layers: a description of two curves, whose layers are not
    /// independent, so it has no p-value.
    pub pearson: Option<Estimate>,
}

/// The agreement of (language, pair) `first` and `second`, both against the third language.
pub(crate) fn agreement(
    (corpus, model, against): (&str, &str, &str),
    (first, first_pair): (&str, &PairMeasured),
    (second, second_pair): (&str, &PairMeasured),
) -> Option<GapAgreement> {
    let gap = |pair: &'_ PairMeasured| pair.get(PairMeasure::EntropyGap).cloned();
    let (one, other) = (gap(first_pair)?, gap(second_pair)?);
    let agreement = layers::agreement(&one.whole()?, &other.whole()?)?;
    Some(GapAgreement {
        corpus: corpus.to_owned(),
        model: model.to_owned(),
        first: first.to_owned(),
        second: second.to_owned(),
        against: against.to_owned(),
        rmse: one.with(&other, |a, b| Some(layers::agreement(a, b)?.rmse))?,
        largest: one.with(&other, |a, b| Some(layers::agreement(a, b)?.largest))?,
        layer: agreement.layer,
        pearson: one.with(&other, ranks::pearson),
    })
}
