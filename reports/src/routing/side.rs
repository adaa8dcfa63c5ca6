//! What one set of tokens says about a model's routers.

use harness_metrics::routing::bands::{Band, DocumentCounts};
use harness_metrics::routing::collapse::{self, Tail};
use harness_metrics::routing::{document, layers, selection, usage};
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{Estimate, RoutingCounts, SideMeasure};
use serde::Serialize;

use super::curve::{Curve, Measured};
use crate::manifest::Capture;

/// Below this many tokens an entropy is visibly too low: a warning is given.
pub const FEW_TOKENS: u64 = 1000;

/// Measures of one set of tokens.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct SideNumbers {
    /// Every measure that exists, by layer.
    pub curves: Vec<(SideMeasure, Curve)>,
    /// Collapse index in bits by what counts as the end, the last eighth first; empty below 4
    /// MoE layers.
    pub collapse: Vec<(Tail, Estimate)>,
    /// Mean |H(l+1) − H(l)|, bits.
    pub roughness: Option<Estimate>,
    /// What few tokens take from the mean usage entropy, bits (Miller and Madow's estimate).
    pub small_sample_bias: Option<f64>,
}

impl SideNumbers {
    /// A measure by layer.
    #[must_use]
    pub fn curve(&self, measure: SideMeasure) -> Option<&Curve> {
        self.curves.iter().find(|(other, _)| *other == measure).map(|(_, curve)| curve)
    }

    /// The collapse index by its definition: middle half minus last eighth, bits.
    #[must_use]
    pub fn collapse_index(&self) -> Option<&Estimate> {
        self.collapse.first().map(|(_, estimate)| estimate)
    }
}

/// Loads of one set of tokens, whether counted by us or read from a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loads {
    pub(crate) profile: Vec<Vec<f64>>,
    pub(crate) mean_scores: Option<Vec<Vec<f64>>>,
    pub(crate) selection_entropy: Option<Vec<f64>>,
    pub(crate) top_k: usize,
}

impl Loads {
    /// `None` without tokens.
    pub(crate) fn of(counts: &RoutingCounts, capture: Capture) -> Option<Self> {
        let full = capture == Capture::Full;
        Some(Self {
            profile: counts.profile()?,
            mean_scores: counts.mean_scores().filter(|_| full),
            selection_entropy: selection::entropies_bits(counts).filter(|_| full),
            top_k: counts.shape.top_k,
        })
    }
}

/// Documents to resample.
#[derive(Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) rows: &'a DocumentCounts,
    pub(crate) clusters: &'a Clusters,
    pub(crate) resampling: Resampling,
}

impl Sample<'_> {
    /// Documents that have a token.
    pub(crate) fn documents(self) -> usize {
        self.rows.selections().tokens().iter().filter(|tokens| **tokens > 0.0).count()
    }
}

/// Every measure of one set of tokens, with replicates.
#[derive(Clone, Debug)]
pub(crate) struct SideMeasured {
    measured: Vec<(SideMeasure, Measured)>,
    experts: usize,
}

impl SideMeasured {
    pub(crate) fn of(loads: &Loads, sample: Option<Sample<'_>>) -> Self {
        let documents = sample.map_or(0, Sample::documents);
        let bands = sample.map(bands);
        let mut measured: Vec<(SideMeasure, Measured)> = Vec::new();
        for (position, measure) in SideMeasure::OF_LOADS.into_iter().enumerate() {
            let values = loads.profile.iter().map(|load| measure.of(load)).collect();
            let band = bands.as_ref().and_then(|(bands, _)| bands[position].clone());
            measured.push((measure, Measured { values, band, documents }));
        }
        if let Some(entropies) = &loads.selection_entropy {
            let values = entropies.iter().copied().map(Some).collect();
            let band = bands.and_then(|(_, selection)| selection);
            measured.push((SideMeasure::SelectionEntropy, Measured { values, band, documents }));
        }
        Self { measured, experts: loads.profile.first().map_or(0, Vec::len) }
    }

    pub(crate) fn get(&self, measure: SideMeasure) -> Option<&Measured> {
        self.measured.iter().find(|(other, _)| *other == measure).map(|(_, measured)| measured)
    }

    pub(crate) fn numbers(&self) -> SideNumbers {
        let curves = self.measured.iter().map(|(measure, measured)| {
            (*measure, measured.curve_within(measure.range(self.experts)))
        });
        let entropy = self.get(SideMeasure::UsageEntropy);
        let collapse = |tail: Tail| {
            let index = entropy?.over_layers(|by_layer| collapse::index_with(by_layer, tail))?;
            Some((tail, index))
        };
        SideNumbers {
            curves: curves.collect(),
            collapse: Tail::ALL.into_iter().filter_map(collapse).collect(),
            roughness: entropy.and_then(|entropy| entropy.over_layers(layers::roughness)),
            small_sample_bias: None,
        }
    }
}

type SideBands = ([Option<Band>; SideMeasure::OF_LOADS.len()], Option<Band>);

/// Bands of the measures of loads, and of the selection entropy.
fn bands(sample: Sample<'_>) -> SideBands {
    let Sample { rows, clusters, resampling } = sample;
    if clusters.len() < 2 {
        return (std::array::from_fn(|_| None), None);
    }
    let measures = |loads: &[Vec<f64>]| SideMeasure::OF_LOADS.map(|measure| measure.of(&loads[0]));
    let mean = |loads: &[Vec<f64>]| loads[0].first().copied();
    (
        Band::several(&[rows.selections()], clusters, resampling, measures),
        Band::of(&[rows.selection_entropy()], clusters, resampling, mean),
    )
}

/// Mean over layers of what Miller and Madow add to the plug-in usage entropy, bits.
pub(crate) fn small_sample_bias(counts: &RoutingCounts) -> Option<f64> {
    let bias = |layer: usize| {
        let load: Vec<f64> = counts.layer(layer).iter().map(|&count| count as f64).collect();
        Some(
            document::miller_madow_entropy_bits(counts.layer(layer))? - usage::entropy_bits(&load)?,
        )
    };
    collapse::mean(&(0..counts.shape.layers).map(bias).collect::<Option<Vec<_>>>()?)
}
