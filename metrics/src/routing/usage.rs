//! How evenly a layer's experts are used.
//!
//! Loads are normalised by their own sum. Everything is invariant under renaming experts.

/// Shannon entropy, in bits, of the load divided by its sum: 0 (one expert does everything) to
/// [`entropy_ceiling_bits`] (all alike). `None` when the load is empty or sums to nothing.
#[must_use]
pub fn entropy_bits(load: &[f64]) -> Option<f64> {
    let total = total(load)?;
    let terms = load.iter().filter(|&&x| x > 0.0).map(|&x| x / total);
    Some(terms.map(|p| -p * p.log2()).sum::<f64>().max(0.0))
}

/// The largest entropy that `experts` experts allow, log₂ E bits. 0 for no expert.
#[must_use]
pub fn entropy_ceiling_bits(experts: usize) -> f64 {
    (experts.max(1) as f64).log2()
}

/// Gini coefficient of the load: 2 Σ i·x₍ᵢ₎ / (E Σ x) − (E + 1)/E over the ascending load,
/// i from 1. 0 when all alike, 1 − 1/E when one expert does everything. `None` as for entropy.
#[must_use]
pub fn gini(load: &[f64]) -> Option<f64> {
    let total = total(load)?;
    let mut ascending = load.to_vec();
    ascending.sort_by(f64::total_cmp);
    let weighted: f64 = ascending.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x).sum();
    let experts = load.len() as f64;
    Some((2.0 * weighted / (experts * total) - (experts + 1.0) / experts).max(0.0))
}

/// Experts that were used at all.
#[must_use]
pub fn active_experts(load: &[f64]) -> usize {
    load.iter().filter(|&&x| x > 0.0).count()
}

/// Experts with at least a tenth of an even share, 1/(10 E) of the load. 0 when nothing was
/// used.
#[must_use]
pub fn loaded_experts(load: &[f64]) -> usize {
    let Some(total) = total(load) else { return 0 };
    let least = total / (10.0 * load.len() as f64);
    load.iter().filter(|&&x| x >= least).count()
}

/// The busiest expert's share of the load, 1/E to 1. `None` as for entropy.
#[must_use]
pub fn max_load_share(load: &[f64]) -> Option<f64> {
    let total = total(load)?;
    Some(load.iter().copied().fold(0.0, f64::max) / total)
}

/// [`entropy_bits`] of every layer. `None` when one layer has none.
#[must_use]
pub fn entropies_bits(profile: &[Vec<f64>]) -> Option<Vec<f64>> {
    profile.iter().map(|load| entropy_bits(load)).collect()
}

/// [`gini`] of every layer. `None` when one layer has none.
#[must_use]
pub fn ginis(profile: &[Vec<f64>]) -> Option<Vec<f64>> {
    profile.iter().map(|load| gini(load)).collect()
}

/// The sum of a load that can be normalised.
pub(super) fn total(load: &[f64]) -> Option<f64> {
    let total: f64 = load.iter().sum();
    (total > 0.0 && total.is_finite()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_use_reaches_the_ceiling() {
        let load = [3.0; 128];
        assert_eq!(entropy_bits(&load), Some(7.0));
        assert_eq!(gini(&load), Some(0.0));
        assert_eq!((active_experts(&load), loaded_experts(&load)), (128, 128));
        assert_eq!(max_load_share(&load), Some(1.0 / 128.0));
    }

    #[test]
    fn one_expert_is_the_other_end() {
        let load = [0.0, 0.0, 5.0, 0.0];
        assert_eq!(entropy_bits(&load), Some(0.0));
        assert_eq!(gini(&load), Some(0.75));
        assert_eq!((active_experts(&load), max_load_share(&load)), (1, Some(1.0)));
    }

    #[test]
    fn little_used_experts_are_active_but_not_loaded() {
        let load = [100.0, 100.0, 1.0, 0.0];
        assert_eq!((active_experts(&load), loaded_experts(&load)), (3, 2));
    }

    #[test]
    fn nothing_used_has_no_measure() {
        for load in [&[][..], &[0.0, 0.0]] {
            assert_eq!((entropy_bits(load), gini(load), max_load_share(load)), (None, None, None));
            assert_eq!(loaded_experts(load), 0);
        }
    }
}
