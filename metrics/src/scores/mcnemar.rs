//! McNemar's test: do two models answer different numbers of the same documents right?
//!
//! Only documents on which they disagree say anything. The exact test is conservative (0.04 to 4 %
//! instead of 5 %, the fewer documents the worse); the mid-p version comes closer to its level and
//! is shown beside it (Fagerland, Lydersen & Laake 2013). Neither knows clusters: where documents
//! share one, [`super::sign_flip`] does.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

/// Documents whose answer changed between two models.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flips {
    /// Wrong before, right now.
    pub gained: u64,
    /// Right before, wrong now.
    pub lost: u64,
}

impl Flips {
    /// Counts flips of 0/1 scores, document by document. `None` when they differ in number.
    #[must_use]
    pub fn count(old: &[f64], new: &[f64]) -> Option<Self> {
        let mut flips = Self::default();
        for (old, new) in old.iter().zip(new) {
            flips.gained += u64::from(*old < *new);
            flips.lost += u64::from(*old > *new);
        }
        (old.len() == new.len()).then_some(flips)
    }

    /// Documents on which the models disagree.
    #[must_use]
    pub fn discordant(&self) -> u64 {
        self.gained + self.lost
    }

    /// Two-sided exact p-value, twice the binomial tail of the rarer flip; 1 without flips.
    #[must_use]
    pub fn exact_p(&self) -> f64 {
        self.tails().map_or(1.0, |(tail, _)| (2.0 * tail).min(1.0))
    }

    /// Two-sided mid-p: the exact one with half the probability of what was observed.
    #[must_use]
    pub fn mid_p(&self) -> f64 {
        self.tails().map_or(1.0, |(tail, here)| (2.0 * tail - here).min(1.0))
    }

    /// P(X ≤ rarer) and P(X = rarer) under a fair coin.
    fn tails(&self) -> Option<(f64, f64)> {
        let coin = Binomial::new(0.5, self.discordant()).ok().filter(|_| self.discordant() > 0)?;
        let rarer = self.gained.min(self.lost);
        Some((coin.cdf(rarer), coin.pmf(rarer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels 0.15 `mcnemar(exact=True)` and the binomial formula by scipy 1.17.
    #[test]
    fn agrees_with_statsmodels() {
        let cases = [
            (8, 2, 0.109_375, 0.065_429_687_5),
            (6, 0, 0.031_25, 0.015_625),
            (5, 0, 0.0625, 0.031_25),
            (10, 10, 1.0, 1.0),
            (15, 6, 0.078_353_881_835_937_5, 0.052_478_790_283_203_1),
            (1, 0, 1.0, 0.5),
        ];
        for (gained, lost, exact, mid) in cases {
            let flips = Flips { gained, lost };
            assert!((flips.exact_p() - exact).abs() < 1e-9, "{flips:?}: {}", flips.exact_p());
            assert!((flips.mid_p() - mid).abs() < 1e-9, "{flips:?}: {}", flips.mid_p());
            assert_eq!(flips.exact_p(), Flips { gained: lost, lost: gained }.exact_p());
        }
    }

    #[test]
    fn flips_of_scores() {
        let flips = Flips::count(&[0.0, 0.0, 1.0, 1.0], &[1.0, 0.0, 0.0, 1.0]).unwrap();
        assert_eq!(flips, Flips { gained: 1, lost: 1 });
        assert_eq!(Flips::count(&[0.0], &[]), None);
        assert_eq!((Flips::default().exact_p(), Flips::default().mid_p()), (1.0, 1.0));
    }
}
