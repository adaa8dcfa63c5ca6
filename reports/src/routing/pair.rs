//! Two languages of the same parallel text, compared row by row.

use harness_metrics::routing::bands::{Band, ExpertDifference, Signs, most_different};
use harness_metrics::routing::collapse::{self, Tail};
use harness_metrics::routing::layers::{self, Part};
use harness_metrics::routing::lsi::{self, Classes};
use harness_metrics::routing::similarity;
use harness_metrics::{Estimate, PairMeasure, SideMeasure};
use serde::Serialize;

use super::controls::LanguageControls;
use super::curve::{Curve, Measured};
use super::equal::{EqualText, TextNumbers};
use super::side::{Loads, Sample, SideMeasured, SideNumbers};
use crate::summary::LayerMeasures;

/// One language of a [`RoutingPair`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LanguageSide {
    /// Name of the task.
    pub task: String,
    /// Its language.
    pub language: String,
    /// Tokens of the rows compared.
    pub tokens: u64,
    /// Measures of the rows compared.
    pub measures: LayerMeasures,
    /// The same with intervals, and what is said of them over layers.
    pub numbers: SideNumbers,
    /// What chance makes of them.
    pub controls: LanguageControls,
    /// How much text they are; `None` where the record does not know.
    pub text: Option<TextNumbers>,
}

/// Routing of the same rows of parallel text in two languages; `b` is English where one is.
#[derive(Clone, Debug, Default)]
pub struct RoutingPair {
    /// The parallel text.
    pub corpus: String,
    /// First language.
    pub a: LanguageSide,
    /// Second language.
    pub b: LanguageSide,
    /// Rows that every language of the corpus has.
    pub rows: usize,
    /// Rows that some language lacks; they are left out of all.
    pub dropped: usize,
    /// What the pair looks like.
    pub numbers: PairNumbers,
    /// Usage entropies at equal amounts of text; `None` where rows are not known.
    pub equal: Option<EqualText>,
}

impl RoutingPair {
    /// A measure of the pair by layer.
    #[must_use]
    pub fn curve(&self, measure: PairMeasure) -> Option<&Curve> {
        self.numbers.curve(measure)
    }

    /// Mean over layers of a measure of the pair.
    #[must_use]
    pub fn mean(&self, measure: PairMeasure) -> Option<&Estimate> {
        self.curve(measure)?.mean.as_ref()
    }

    /// Mean over layers of b's usage entropy minus a's, bits: the language gap when b is English.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        self.mean(PairMeasure::EntropyGap).map(|gap| gap.value)
    }

    /// Classes at [`lsi::THRESHOLD`] over every (layer, expert).
    #[must_use]
    pub fn classes(&self) -> Classes {
        at_threshold(&self.numbers.by_layer_expert)
    }

    /// The paper's classes at [`lsi::THRESHOLD`].
    #[must_use]
    pub fn index_classes(&self) -> Classes {
        at_threshold(&self.numbers.by_index)
    }

    /// Excess collapse of `a` over `b` by its definition, bits; `None` below 4 layers.
    #[must_use]
    pub fn excess_collapse(&self) -> Option<&Estimate> {
        self.numbers.excess_collapse.first().map(|(_, estimate)| estimate)
    }
}

/// Everything that two loads a layer say about two languages.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct PairNumbers {
    /// Every measure that exists, by layer.
    pub curves: Vec<(PairMeasure, Curve)>,
    /// Where the intervals of the layers' gaps lie; `None` without intervals.
    pub gap_signs: Option<Signs>,
    /// The gap in units of the spread of rows; `None` where rows are not known.
    pub gap_over_sd: Option<GapOverSd>,
    /// Excess collapse of `a` over `b` in bits by what counts as the end, the last eighth first;
    /// empty below 4 MoE layers.
    pub excess_collapse: Vec<(Tail, Estimate)>,
    /// Mean gap over the last eighth of the layers, bits; `None` below 4 MoE layers.
    pub last_eighth_gap: Option<Estimate>,
    /// How much the middle layers' cosine lies above that of the first and last eighths.
    pub cosine_middle_over_ends: Option<Estimate>,
    /// Language specialisation index of every expert, `[layers][experts]`; `None` = inactive.
    pub lsi: Vec<Vec<Option<f64>>>,
    /// The paper's index of every expert number, `[experts]`. An index is a different network in
    /// every layer, so this is for comparison with the paper only.
    pub lsi_by_index: Vec<Option<f64>>,
    /// Classes of every (layer, expert), at each threshold of [`lsi::SWEEP`].
    pub by_layer_expert: Vec<(f64, Classes)>,
    /// Classes of each layer's experts at [`lsi::THRESHOLD`].
    pub by_layer: Vec<Classes>,
    /// The paper's classes by expert index, at each threshold of [`lsi::SWEEP`].
    pub by_index: Vec<(f64, Classes)>,
    /// The paper's shared fraction at [`lsi::THRESHOLD`] with an interval.
    pub shared_by_index: Option<Estimate>,
    /// Thresholds that chance sets, by layer: the larger of the two languages'. Empty where rows
    /// are not known.
    pub null_threshold: Vec<Option<f64>>,
    /// Classes of every (layer, expert) at those; `None` without them.
    pub by_null_threshold: Option<Classes>,
    /// The (layer, expert) pairs whose loads differ most, largest difference first; empty where
    /// rows are not known.
    #[serde(skip)]
    pub most_different: Vec<ExpertDifference>,
}

impl PairNumbers {
    /// A measure by layer.
    #[must_use]
    pub fn curve(&self, measure: PairMeasure) -> Option<&Curve> {
        self.curves.iter().find(|(other, _)| *other == measure).map(|(_, curve)| curve)
    }
}

/// The paper's own robustness rule: gaps against the spread of rows.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct GapOverSd {
    /// Gap divided by the larger of both languages' SD over rows, by layer.
    pub by_layer: Vec<Option<f64>>,
    /// Layers of the last eighth; 0 below 4 MoE layers.
    pub last_layers: usize,
    /// How many of those have a gap beyond one SD.
    pub last_layers_beyond: usize,
}

fn at_threshold(sweep: &[(f64, Classes)]) -> Classes {
    let found = sweep.iter().find(|(threshold, _)| *threshold == lsi::THRESHOLD);
    found.map_or_else(Classes::default, |(_, classes)| *classes)
}

/// Every measure of a pair, with replicates.
#[derive(Clone, Debug)]
pub(crate) struct PairMeasured {
    pub(crate) measured: Vec<(PairMeasure, Measured)>,
    shared_by_index: Option<Estimate>,
    most_different: Vec<ExpertDifference>,
}

impl PairMeasured {
    /// `None` when the loads do not match.
    pub(crate) fn of(a: &Loads, b: &Loads, samples: Option<[Sample<'_>; 2]>) -> Option<Self> {
        let by_index = lsi::per_index(&a.profile, &b.profile)?;
        let bands = samples.filter(|[a, _]| a.clusters.len() > 1).map(|s| bands(s, a.top_k));
        let documents = samples.map_or(0, |[a, b]| a.documents().max(b.documents()));
        let layer = |measure: PairMeasure| {
            let pairs = a.profile.iter().zip(&b.profile);
            pairs.map(|(x, y)| measure.of(x, y, a.top_k)).collect::<Vec<_>>()
        };
        let mut measured: Vec<(PairMeasure, Measured)> = Vec::new();
        for (place, measure) in PairMeasure::ALL.into_iter().enumerate() {
            let (values, band) = match (measure, a.mean_scores.as_ref().zip(b.mean_scores.as_ref()))
            {
                (PairMeasure::ScoreCosine, None) => continue,
                (PairMeasure::ScoreCosine, Some((a, b))) => {
                    let pairs = a.iter().zip(b);
                    let values = pairs.map(|(x, y)| similarity::cosine(x, y)).collect();
                    (values, bands.as_ref().and_then(|bands| bands.scores.clone()))
                }
                _ => {
                    let band = bands.as_ref().and_then(|bands| bands.loads[place].clone());
                    (layer(measure), band)
                }
            };
            measured.push((measure, Measured { values, band, documents }));
        }
        let index = Measured {
            values: vec![lsi::classify(&by_index, lsi::THRESHOLD).shared_fraction()],
            band: bands.and_then(|bands| bands.by_index),
            documents,
        };
        Some(Self {
            measured,
            shared_by_index: index.over_layers(collapse::mean),
            most_different: samples.map_or_else(Vec::new, named),
        })
    }

    pub(crate) fn get(&self, measure: PairMeasure) -> Option<&Measured> {
        self.measured.iter().find(|(other, _)| *other == measure).map(|(_, measured)| measured)
    }

    /// The numbers of a pair; `controls` of both languages where rows are known.
    pub(crate) fn numbers(
        &self,
        a: &Loads,
        b: &Loads,
        sides: [&SideMeasured; 2],
        controls: Option<[&LanguageControls; 2]>,
    ) -> Option<PairNumbers> {
        let lsi = lsi::per_layer_expert(&a.profile, &b.profile)?;
        let lsi_by_index = lsi::per_index(&a.profile, &b.profile)?;
        let at = |threshold| (threshold, lsi::classify(lsi.iter().flatten(), threshold));
        let experts = a.profile.first().map_or(0, Vec::len);
        let cosine = self.get(PairMeasure::Cosine);
        let gap = self.get(PairMeasure::EntropyGap);
        let null_threshold = controls.map_or_else(Vec::new, larger_thresholds);
        let signs = gap.and_then(|gap| gap.band.as_ref()).map(Band::signs);
        Some(PairNumbers {
            curves: self
                .measured
                .iter()
                .map(|(m, measured)| (*m, measured.curve_within(m.range(experts))))
                .collect(),
            gap_signs: signs,
            gap_over_sd: controls.zip(gap).map(|(controls, gap)| gap_over_sd(gap, controls)),
            excess_collapse: Tail::ALL.iter().filter_map(|tail| excess(sides, *tail)).collect(),
            last_eighth_gap: gap
                .and_then(|gap| gap.over_layers(|by_layer| Part::LastEighth.mean(by_layer))),
            cosine_middle_over_ends: cosine.and_then(|c| c.over_layers(layers::middle_over_ends)),
            by_layer_expert: lsi::SWEEP.map(at).into(),
            by_layer: lsi.iter().map(|layer| lsi::classify(layer, lsi::THRESHOLD)).collect(),
            by_index: lsi::SWEEP.map(|t| (t, lsi::classify(&lsi_by_index, t))).into(),
            shared_by_index: self.shared_by_index.clone(),
            by_null_threshold: (!null_threshold.is_empty())
                .then(|| lsi::classify_by_layer(&lsi, &null_threshold)),
            null_threshold,
            lsi,
            lsi_by_index,
            most_different: self.most_different.clone(),
        })
    }
}

/// Experts that are named as those in which two languages differ most.
const MOST_DIFFERENT: usize = 20;

fn named([a, b]: [Sample<'_>; 2]) -> Vec<ExpertDifference> {
    let (sides, experts) = ([a.rows.selections(), b.rows.selections()], a.rows.shape().experts);
    let most = (MOST_DIFFERENT, a.resampling.level);
    most_different(sides[0], sides[1], experts, a.clusters, most)
}

/// a's collapse index minus b's, which is minus the index of the gap b − a.
fn excess([a, b]: [&SideMeasured; 2], tail: Tail) -> Option<(Tail, Estimate)> {
    let (a, b) = (a.get(SideMeasure::UsageEntropy)?, b.get(SideMeasure::UsageEntropy)?);
    let index = |by_layer: &[f64]| collapse::index_with(by_layer, tail);
    Some((tail, a.with(b, |a, b| Some(index(a)? - index(b)?))?))
}

fn larger_thresholds([a, b]: [&LanguageControls; 2]) -> Vec<Option<f64>> {
    let pairs = a.null_threshold.iter().zip(&b.null_threshold);
    pairs.map(|(a, b)| Some((*a)?.max((*b)?))).collect()
}

fn gap_over_sd(gap: &Measured, [a, b]: [&LanguageControls; 2]) -> GapOverSd {
    let sds = a.row_sd.iter().zip(&b.row_sd).map(|(a, b)| Some((*a)?.max((*b)?)));
    let ratio = |(gap, sd): (&Option<f64>, Option<f64>)| Some((*gap)? / sd.filter(|sd| *sd > 0.0)?);
    let by_layer: Vec<Option<f64>> = gap.values.iter().zip(sds).map(ratio).collect();
    let last = Tail::Eighth.layers(by_layer.len()).unwrap_or(0..0);
    let beyond = by_layer[last.clone()].iter().flatten().filter(|ratio| **ratio > 1.0);
    GapOverSd { last_layers: last.len(), last_layers_beyond: beyond.count(), by_layer }
}

struct PairBands {
    /// In the order of [`PairMeasure::ALL`].
    loads: [Option<Band>; PairMeasure::ALL.len()],
    scores: Option<Band>,
    by_index: Option<Band>,
}

fn bands([a, b]: [Sample<'_>; 2], top_k: usize) -> PairBands {
    let (clusters, resampling) = (a.clusters, a.resampling);
    let measures = |loads: &[Vec<f64>]| {
        PairMeasure::ALL.map(|measure| measure.of(&loads[0], &loads[1], top_k))
    };
    let loads = [a.rows.selections(), b.rows.selections()];
    let cosine = |loads: &[Vec<f64>]| similarity::cosine(&loads[0], &loads[1]);
    let scores = a.rows.scores().zip(b.rows.scores());
    let sums = [a.rows.selections().over_layers(), b.rows.selections().over_layers()];
    let shared = |loads: &[Vec<f64>]| PairMeasure::LsiShared.of(&loads[0], &loads[1], top_k);
    PairBands {
        loads: Band::several(&loads, clusters, resampling, measures),
        scores: scores.and_then(|(a, b)| Band::of(&[a, b], clusters, resampling, cosine)),
        by_index: Band::of(&[&sums[0], &sums[1]], clusters, resampling, shared),
    }
}
