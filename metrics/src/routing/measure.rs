//! The measures that have one number a layer, as a registry.
//!
//! Tables, curves and exports walk these lists, so a measure that is added here shows everywhere.

use serde::{Deserialize, Serialize};

use super::{lsi, overlap, ranks, similarity, usage};

/// A number that a set of tokens has in every layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideMeasure {
    /// [`usage::entropy_bits`].
    UsageEntropy,
    /// [`usage::gini`].
    Gini,
    /// [`usage::active_experts`]: used at all.
    ActiveExperts,
    /// [`usage::loaded_experts`]: at least a tenth of an even share.
    LoadedExperts,
    /// [`usage::max_load_share`].
    MaxLoadShare,
    /// [`super::selection::entropies_bits`]: not a function of loads.
    SelectionEntropy,
}

impl SideMeasure {
    /// Every measure.
    pub const ALL: [Self; 6] = [
        Self::UsageEntropy,
        Self::Gini,
        Self::ActiveExperts,
        Self::LoadedExperts,
        Self::MaxLoadShare,
        Self::SelectionEntropy,
    ];
    /// The measures that [`SideMeasure::of`] knows: all but the selection entropy.
    pub const OF_LOADS: [Self; 5] = [
        Self::UsageEntropy,
        Self::Gini,
        Self::ActiveExperts,
        Self::LoadedExperts,
        Self::MaxLoadShare,
    ];

    /// The measure of one layer's load; `None` without load, and always for the selection entropy.
    #[must_use]
    pub fn of(self, load: &[f64]) -> Option<f64> {
        usage::max_load_share(load)?;
        match self {
            Self::UsageEntropy => usage::entropy_bits(load),
            Self::Gini => usage::gini(load),
            Self::ActiveExperts => Some(usage::active_experts(load) as f64),
            Self::LoadedExperts => Some(usage::loaded_experts(load) as f64),
            Self::MaxLoadShare => usage::max_load_share(load),
            Self::SelectionEntropy => None,
        }
    }

    /// The least and the largest value that it can have among `experts` experts.
    #[must_use]
    pub fn range(self, experts: usize) -> (f64, f64) {
        let ceiling = usage::entropy_ceiling_bits(experts);
        match self {
            Self::UsageEntropy | Self::SelectionEntropy => (0.0, ceiling),
            Self::ActiveExperts | Self::LoadedExperts => (0.0, experts as f64),
            Self::Gini | Self::MaxLoadShare => (0.0, 1.0),
        }
    }

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UsageEntropy => "usage_entropy_bits",
            Self::Gini => "gini",
            Self::ActiveExperts => "active_experts",
            Self::LoadedExperts => "loaded_experts",
            Self::MaxLoadShare => "max_load_share",
            Self::SelectionEntropy => "selection_entropy_bits",
        }
    }

    /// The name for readers, with its unit.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::UsageEntropy => "usage entropy (bits)",
            Self::Gini => "Gini coefficient",
            Self::ActiveExperts => "active experts (any use)",
            Self::LoadedExperts => "active experts (at least 1/(10 E) of the load)",
            Self::MaxLoadShare => "largest share of the load",
            Self::SelectionEntropy => "selection entropy (bits)",
        }
    }
}

/// A number that two sets of tokens, `a` and `b`, have together in every layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairMeasure {
    /// b's usage entropy minus a's: the language gap where b is English.
    EntropyGap,
    /// [`similarity::cosine`] of activation rates.
    Cosine,
    /// [`similarity::cosine`] of mean router scores: not a function of activation rates.
    ScoreCosine,
    /// [`similarity::jensen_shannon_bits`].
    JensenShannon,
    /// [`ranks::spearman`].
    Spearman,
    /// [`ranks::kendall_tau_b`].
    Kendall,
    /// Share of the top-k experts in common.
    TopKShare,
    /// Jaccard index of the top-k experts.
    TopKJaccard,
    /// Share of the 2·top-k busiest experts in common.
    Top2KShare,
    /// Jaccard index of the 2·top-k busiest experts.
    Top2KJaccard,
    /// Share of experts that are a's, by [`lsi`] at the paper's threshold.
    LsiA,
    /// Share of experts that are b's.
    LsiB,
    /// Share of experts that serve both alike: the shared fraction.
    LsiShared,
    /// Share of experts that neither uses.
    LsiInactive,
}

impl PairMeasure {
    /// Every measure.
    pub const ALL: [Self; 14] = [
        Self::EntropyGap,
        Self::Cosine,
        Self::ScoreCosine,
        Self::JensenShannon,
        Self::Spearman,
        Self::Kendall,
        Self::TopKShare,
        Self::TopKJaccard,
        Self::Top2KShare,
        Self::Top2KJaccard,
        Self::LsiA,
        Self::LsiB,
        Self::LsiShared,
        Self::LsiInactive,
    ];

    /// The measure of one layer's loads; `None` where it does not exist, and always for the cosine
    /// of scores.
    #[must_use]
    pub fn of(self, a: &[f64], b: &[f64], top_k: usize) -> Option<f64> {
        match self {
            Self::EntropyGap => Some(usage::entropy_bits(b)? - usage::entropy_bits(a)?),
            Self::Cosine => similarity::cosine(a, b),
            Self::ScoreCosine => None,
            Self::JensenShannon => similarity::jensen_shannon_bits(a, b),
            Self::Spearman => ranks::spearman(a, b),
            Self::Kendall => ranks::kendall_tau_b(a, b),
            Self::TopKShare => overlap::top_k(a, b, top_k)?.share(),
            Self::TopKJaccard => overlap::top_k(a, b, top_k)?.jaccard(),
            Self::Top2KShare => overlap::top_k(a, b, 2 * top_k)?.share(),
            Self::Top2KJaccard => overlap::top_k(a, b, 2 * top_k)?.jaccard(),
            Self::LsiA | Self::LsiB | Self::LsiShared | Self::LsiInactive => self.class(a, b),
        }
    }

    /// The least and the largest value that it can have among `experts` experts.
    #[must_use]
    pub fn range(self, experts: usize) -> (f64, f64) {
        let ceiling = usage::entropy_ceiling_bits(experts);
        match self {
            Self::EntropyGap => (-ceiling, ceiling),
            Self::Spearman | Self::Kendall => (-1.0, 1.0),
            _ => (0.0, 1.0),
        }
    }

    fn class(self, a: &[f64], b: &[f64]) -> Option<f64> {
        if a.len() != b.len() || a.is_empty() {
            return None;
        }
        let indices: Vec<Option<f64>> = a.iter().zip(b).map(|(&a, &b)| lsi::index(a, b)).collect();
        let classes = lsi::classify(&indices, lsi::THRESHOLD);
        let experts = match self {
            Self::LsiA => classes.a,
            Self::LsiB => classes.b,
            Self::LsiInactive => classes.inactive,
            _ => classes.shared,
        };
        Some(experts as f64 / a.len() as f64)
    }

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EntropyGap => "usage_entropy_gap_bits",
            Self::Cosine => "cosine",
            Self::ScoreCosine => "score_cosine",
            Self::JensenShannon => "jensen_shannon",
            Self::Spearman => "spearman",
            Self::Kendall => "kendall",
            Self::TopKShare => "top_k_overlap",
            Self::TopKJaccard => "top_k_jaccard",
            Self::Top2KShare => "top_2k_overlap",
            Self::Top2KJaccard => "top_2k_jaccard",
            Self::LsiA => "lsi_a",
            Self::LsiB => "lsi_b",
            Self::LsiShared => "lsi_shared",
            Self::LsiInactive => "lsi_inactive",
        }
    }

    /// The name for readers, with its unit.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::EntropyGap => "usage entropy gap, b − a (bits)",
            Self::Cosine => "cosine of activation rates",
            Self::ScoreCosine => "cosine of mean router scores",
            Self::JensenShannon => "Jensen-Shannon divergence (bits)",
            Self::Spearman => "Spearman's ρ of loads",
            Self::Kendall => "Kendall's τ-b of loads",
            Self::TopKShare => "top-k experts in common",
            Self::TopKJaccard => "top-k experts, Jaccard",
            Self::Top2KShare => "2·top-k experts in common",
            Self::Top2KJaccard => "2·top-k experts, Jaccard",
            Self::LsiA => "experts of a (LSI > 0.1)",
            Self::LsiB => "experts of b (LSI < −0.1)",
            Self::LsiShared => "shared experts (|LSI| ≤ 0.1)",
            Self::LsiInactive => "inactive experts",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_different() {
        let names = SideMeasure::ALL.map(SideMeasure::name).into_iter();
        let names: HashSet<_> = names.chain(PairMeasure::ALL.map(PairMeasure::name)).collect();
        assert_eq!(names.len(), SideMeasure::ALL.len() + PairMeasure::ALL.len());
    }

    #[test]
    fn the_four_classes_sum_to_one() {
        let (a, b) = ([0.5, 0.0, 0.2, 0.0], [0.0, 0.3, 0.2, 0.0]);
        use PairMeasure::{LsiA, LsiB, LsiInactive, LsiShared};
        let shares = [LsiA, LsiB, LsiShared, LsiInactive].map(|class| class.of(&a, &b, 2));
        assert_eq!(shares, [Some(0.25); 4]);
    }

    #[test]
    fn without_load_nothing_exists() {
        assert_eq!(SideMeasure::OF_LOADS.map(|m| m.of(&[0.0; 4])), [None; 5]);
        assert_eq!(PairMeasure::Cosine.of(&[0.0; 4], &[1.0; 4], 2), None);
        assert_eq!(PairMeasure::LsiShared.of(&[], &[], 2), None);
    }
}
