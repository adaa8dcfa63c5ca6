//! Routing of one (model, task, span).

use harness_metrics::RoutingCounts;
use harness_metrics::routing::{collapse, selection, usage};

use crate::manifest::{Capture, Language};
use crate::record::{DocumentRow, Span};

/// Routing of a task's tokens of one span.
#[derive(Clone, PartialEq, Debug)]
pub struct RoutingGroup {
    /// Name of the task.
    pub task: String,
    /// Languages of the task.
    pub language: Language,
    /// Part of the prompt.
    pub span: Span,
    /// How much of the routers' decisions was seen.
    pub capture: Capture,
    /// Documents with a token in the span.
    pub documents: usize,
    /// Counts, summed over documents.
    pub counts: RoutingCounts,
    /// Measures drawn from the counts.
    pub measures: LayerMeasures,
}

/// Measures of one set of counts, one number a MoE layer; `None` where there is no token.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LayerMeasures {
    /// Usage entropy, bits.
    pub usage_entropy_bits: Option<Vec<f64>>,
    /// Gini coefficient.
    pub gini: Option<Vec<f64>>,
    /// Experts used at all.
    pub active_experts: Vec<usize>,
    /// Experts with at least a tenth of an even share.
    pub loaded_experts: Vec<usize>,
    /// The busiest expert's share.
    pub max_load_share: Option<Vec<f64>>,
    /// Mean selection entropy, bits; `None` where only ids were seen.
    pub selection_entropy_bits: Option<Vec<f64>>,
    /// Collapse index, bits; `None` below 4 MoE layers.
    pub collapse_index: Option<f64>,
}

impl LayerMeasures {
    pub(crate) fn of(counts: &RoutingCounts, capture: Capture) -> Self {
        let Some(profile) = counts.profile() else { return Self::default() };
        Self {
            selection_entropy_bits: selection::entropies_bits(counts)
                .filter(|_| capture == Capture::Full),
            ..Self::of_profile(&profile)
        }
    }

    /// Measures of loads, one a layer.
    pub(crate) fn of_profile(profile: &[Vec<f64>]) -> Self {
        let usage_entropy_bits = usage::entropies_bits(profile);
        Self {
            gini: usage::ginis(profile),
            active_experts: profile.iter().map(|load| usage::active_experts(load)).collect(),
            loaded_experts: profile.iter().map(|load| usage::loaded_experts(load)).collect(),
            max_load_share: profile.iter().map(|load| usage::max_load_share(load)).collect(),
            selection_entropy_bits: None,
            collapse_index: usage_entropy_bits.as_deref().and_then(collapse::index),
            usage_entropy_bits,
        }
    }

    /// Mean usage entropy over layers, bits.
    #[must_use]
    pub fn mean_usage_entropy(&self) -> Option<f64> {
        collapse::mean(self.usage_entropy_bits.as_deref()?)
    }

    /// Mean Gini coefficient over layers.
    #[must_use]
    pub fn mean_gini(&self) -> Option<f64> {
        collapse::mean(self.gini.as_deref()?)
    }
}

/// How many documents have tokens in each span, in the order of [`Span::ALL`].
#[derive(Default)]
pub(super) struct SpanDocuments([usize; Span::ALL.len()]);

impl SpanDocuments {
    pub(super) fn add(&mut self, document: &DocumentRow) {
        for (position, span) in Span::ALL.into_iter().enumerate() {
            let has =
                document.routing.iter().any(|(other, counts)| *other == span && counts.tokens > 0);
            self.0[position] += usize::from(has);
        }
    }

    pub(super) fn of(&self, span: Span) -> usize {
        let position = Span::ALL.iter().position(|other| *other == span);
        position.map_or(0, |position| self.0[position])
    }
}
