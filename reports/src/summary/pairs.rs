//! Two languages of the same parallel text, compared row by row.

use harness_metrics::routing::bands::{Band, DocumentCounts};
use harness_metrics::routing::lsi::{self, Classes};
use harness_metrics::routing::{collapse, overlap, ranks, similarity, usage};
use harness_metrics::scores::{Clusters, Resampling};
use harness_metrics::{Estimate, RoutingCounts};

use super::routing::LayerMeasures;

/// One language of a [`RoutingPair`].
#[derive(Clone, PartialEq, Debug)]
pub struct LanguageSide {
    /// Name of the task.
    pub task: String,
    /// Its language.
    pub language: String,
    /// Tokens of the rows compared.
    pub tokens: u64,
    /// Measures of the rows compared.
    pub measures: LayerMeasures,
}

/// Routing of the same rows of parallel text in two languages; `b` is English where one is.
#[derive(Clone, Debug)]
pub struct RoutingPair {
    /// First language.
    pub a: LanguageSide,
    /// Second language.
    pub b: LanguageSide,
    /// Rows present in both languages.
    pub rows: usize,
    /// Rows of either language that the other lacks; they are left out.
    pub dropped: usize,
    /// Cosine of activation rates by layer.
    pub cosine: Vec<Option<f64>>,
    /// Cosine of mean scores by layer; `None` without score sums.
    pub score_cosine: Option<Vec<Option<f64>>>,
    /// Jensen-Shannon divergence by layer, bits.
    pub jensen_shannon: Vec<Option<f64>>,
    /// Spearman's rank correlation of loads by layer.
    pub spearman: Vec<Option<f64>>,
    /// Kendall's τ-b of loads by layer.
    pub kendall: Vec<Option<f64>>,
    /// Share of the top-k experts in common by layer.
    pub top_k_overlap: Vec<Option<f64>>,
    /// The paper's classes by expert index, at each threshold of [`lsi::SWEEP`].
    pub by_index: Vec<(f64, Classes)>,
    /// Classes of every (layer, expert), at each threshold of [`lsi::SWEEP`].
    pub by_layer_expert: Vec<(f64, Classes)>,
    /// Classes of each layer's experts at [`lsi::THRESHOLD`].
    pub by_layer: Vec<Classes>,
    /// Excess collapse of `a` over `b`, bits.
    pub excess_collapse: Option<f64>,
    /// How far the main numbers may be off, by resampling rows; `None` for a single row.
    pub doubt: Option<PairDoubt>,
}

/// Main numbers of a [`RoutingPair`] with intervals, rows resampled in both languages together.
#[derive(Clone, Debug)]
pub struct PairDoubt {
    /// Usage entropy of `a` by layer, bits.
    pub entropy_a: Band,
    /// Usage entropy of `b` by layer, bits.
    pub entropy_b: Band,
    /// b's minus a's usage entropy by layer, bits.
    pub gap_by_layer: Band,
    /// Mean of that over layers.
    pub gap: Estimate,
    /// Mean cosine over layers.
    pub cosine: Estimate,
    /// Excess collapse of `a` over `b`, bits; `None` below 4 layers.
    pub excess_collapse: Option<Estimate>,
}

impl RoutingPair {
    /// Mean over layers of b's usage entropy minus a's, bits: the language gap when b is English.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        Some(self.b.measures.mean_usage_entropy()? - self.a.measures.mean_usage_entropy()?)
    }

    /// Classes at [`lsi::THRESHOLD`] over every (layer, expert).
    #[must_use]
    pub fn classes(&self) -> Classes {
        at_threshold(&self.by_layer_expert)
    }

    /// The paper's classes at [`lsi::THRESHOLD`].
    #[must_use]
    pub fn index_classes(&self) -> Classes {
        at_threshold(&self.by_index)
    }
}

fn at_threshold(sweep: &[(f64, Classes)]) -> Classes {
    let found = sweep.iter().find(|(threshold, _)| *threshold == lsi::THRESHOLD);
    found.map_or_else(Classes::default, |(_, classes)| *classes)
}

/// Everything that is read of the rows of a pair.
pub(super) struct PairRows {
    pub(super) sides: [LanguageSide; 2],
    pub(super) counts: [RoutingCounts; 2],
    pub(super) by_row: [DocumentCounts; 2],
    pub(super) clusters: Clusters,
    pub(super) dropped: usize,
}

/// Measures the rows; `None` without tokens.
pub(super) fn measure(rows: PairRows, resampling: Resampling) -> Option<RoutingPair> {
    let [a_counts, b_counts] = &rows.counts;
    let (a, b) = (a_counts.profile()?, b_counts.profile()?);
    let k = a_counts.shape.top_k;
    let by_layer_expert = lsi::per_layer_expert(&a, &b)?;
    let by_index = lsi::per_index(&a, &b)?;
    let scores = a_counts.mean_scores().zip(b_counts.mean_scores());
    let doubt = doubt(&rows, resampling);
    let [a_side, b_side] = rows.sides;
    let entropies = (&a_side.measures.usage_entropy_bits, &b_side.measures.usage_entropy_bits);
    let at = |threshold| (threshold, lsi::classify(by_layer_expert.iter().flatten(), threshold));
    Some(RoutingPair {
        rows: rows.clusters.documents(),
        dropped: rows.dropped,
        cosine: layers(&a, &b, similarity::cosine),
        score_cosine: scores.map(|(a, b)| layers(&a, &b, similarity::cosine)),
        jensen_shannon: layers(&a, &b, similarity::jensen_shannon_bits),
        spearman: layers(&a, &b, ranks::spearman),
        kendall: layers(&a, &b, ranks::kendall_tau_b),
        top_k_overlap: layers(&a, &b, |x, y| overlap::top_k(x, y, k)?.share()),
        by_index: lsi::SWEEP.map(|t| (t, lsi::classify(&by_index, t))).into(),
        by_layer: by_layer_expert.iter().map(|e| lsi::classify(e, lsi::THRESHOLD)).collect(),
        by_layer_expert: lsi::SWEEP.map(at).into(),
        excess_collapse: entropies
            .0
            .as_ref()
            .zip(entropies.1.as_ref())
            .and_then(|(a, b)| collapse::excess(a, b)),
        doubt,
        a: a_side,
        b: b_side,
    })
}

/// Fewer replicates than scores take: a replicate sums every row of both languages.
const MOST_DRAWS: usize = 500;

fn doubt(rows: &PairRows, resampling: Resampling) -> Option<PairDoubt> {
    let resampling = Resampling { draws: resampling.draws.min(MOST_DRAWS), ..resampling };
    let [a, b] = &rows.by_row;
    let measure = |loads: &[Vec<f64>]| {
        let (a, b) = (&loads[0], &loads[1]);
        Some([usage::entropy_bits(a)?, usage::entropy_bits(b)?, similarity::cosine(a, b)?])
    };
    let several = (rows.clusters.len() > 1)
        .then(|| Band::several(&[a, b], &rows.clusters, resampling, measure));
    let [entropy_a, entropy_b, cosine] = several??;
    let gap_by_layer = entropy_b.difference(&entropy_a)?;
    Some(PairDoubt {
        gap: gap_by_layer.summarise(collapse::mean)?,
        cosine: cosine.summarise(collapse::mean)?,
        // a's index minus b's is the index of a − b, and so minus the index of the gap.
        excess_collapse: gap_by_layer.summarise(|gap| collapse::index(gap).map(|index| -index)),
        gap_by_layer,
        entropy_a,
        entropy_b,
    })
}

fn layers(
    a: &[Vec<f64>],
    b: &[Vec<f64>],
    measure: impl Fn(&[f64], &[f64]) -> Option<f64>,
) -> Vec<Option<f64>> {
    a.iter().zip(b).map(|(x, y)| measure(x, y)).collect()
}
