//! Whether a model gains evenly over tasks or redistributes.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

/// How much more the differences of several tasks vary than their errors explain.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heterogeneity {
    /// Cochran's Q: Σ (δᵢ − δ̄)² / seᵢ² around the precision-weighted mean (Cochran 1954).
    pub q: f64,
    /// Degrees of freedom, tasks − 1.
    pub df: usize,
    /// p-value of Q, corrected for errors that are themselves estimated (Welch 1951).
    pub p: f64,
    /// Share of the variation beyond chance, max(0, (Q − df)/Q) (Higgins & Thompson 2002).
    pub i_squared: f64,
    /// Standard deviation of the true differences, net of sampling noise (DerSimonian & Laird
    /// 1986), in their unit.
    pub true_sd: f64,
    /// Sum of positive differences.
    pub gained: f64,
    /// Sum of negative differences, as a positive number.
    pub lost: f64,
}

/// Heterogeneity of differences with their standard errors and the degrees of freedom from which
/// those were estimated, clusters − 1 (infinite for errors that are known). `None` below two tasks,
/// with a standard error that is not positive or with less than one degree of freedom.
#[must_use]
pub fn heterogeneity(
    differences: &[f64],
    errors: &[f64],
    degrees: &[f64],
) -> Option<Heterogeneity> {
    let matching = differences.len() == errors.len() && differences.len() == degrees.len();
    let usable = errors.iter().all(|se| *se > 0.0 && se.is_finite())
        && degrees.iter().all(|degrees| *degrees >= 1.0);
    if !matching || !usable || differences.len() < 2 {
        return None;
    }
    let weights: Vec<f64> = errors.iter().map(|se| 1.0 / (se * se)).collect();
    let total: f64 = weights.iter().sum();
    let mean = differences.iter().zip(&weights).map(|(d, w)| d * w).sum::<f64>() / total;
    let q: f64 = differences.iter().zip(&weights).map(|(d, w)| w * (d - mean).powi(2)).sum();
    let df = differences.len() - 1;
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    Some(Heterogeneity {
        q,
        df,
        p: p_value(q, &weights, degrees)?,
        i_squared: if q > 0.0 { ((q - df as f64) / q).max(0.0) } else { 0.0 },
        true_sd: ((q - df as f64) / (total - squares / total)).max(0.0).sqrt(),
        gained: differences.iter().filter(|d| **d > 0.0).sum(),
        lost: -differences.iter().filter(|d| **d < 0.0).sum::<f64>(),
    })
}

/// Welch's F test of equal means under unequal variances; χ² where the variances are known.
fn p_value(q: f64, weights: &[f64], degrees: &[f64]) -> Option<f64> {
    let (tasks, total) = (weights.len() as f64, weights.iter().sum::<f64>());
    let uncertainty = |(weight, degrees): (&f64, &f64)| (1.0 - weight / total).powi(2) / degrees;
    let lambda: f64 = weights.iter().zip(degrees).map(uncertainty).sum();
    let df = tasks - 1.0;
    if lambda <= 0.0 {
        return Some(ChiSquared::new(df).ok()?.sf(q));
    }
    let squares = tasks * tasks - 1.0;
    let f = q / df / (1.0 + 2.0 * (tasks - 2.0) / squares * lambda);
    Some(FisherSnedecor::new(df, squares / (3.0 * lambda)).ok()?.sf(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [f64; 4] = [f64::INFINITY; 4];

    #[test]
    fn equal_errors_by_hand() {
        // Mean 1, deviations −3, −1, 4 over errors of 1: Q = 26; τ² = (26 − 2)/(3 − 1) = 12.
        let found = heterogeneity(&[-2.0, 0.0, 5.0], &[1.0, 1.0, 1.0], &KNOWN[..3]).unwrap();
        assert!((found.q - 26.0).abs() < 1e-12 && found.df == 2);
        assert!((found.p - (-13.0_f64).exp()).abs() < 1e-12, "χ² of 2 degrees is exponential");
        assert!(
            (found.i_squared - 24.0 / 26.0).abs() < 1e-12
                && (found.true_sd - 12.0_f64.sqrt()).abs() < 1e-12
        );
        assert_eq!((found.gained, found.lost), (5.0, 2.0));
    }

    #[test]
    fn an_even_gain_has_none() {
        let found = heterogeneity(&[2.0, 2.0, 2.0, 2.0], &[0.5, 1.0, 2.0, 1.0], &KNOWN).unwrap();
        assert_eq!((found.q, found.p, found.i_squared, found.true_sd), (0.0, 1.0, 0.0, 0.0));
        assert_eq!(heterogeneity(&[1.0], &[1.0], &KNOWN[..1]), None);
        assert_eq!(heterogeneity(&[1.0, 2.0], &[1.0, 0.0], &KNOWN[..2]), None);
    }

    /// scipy 1.17 `chi2.sf(7.3, 3)`.
    #[test]
    fn chi_squared_tail() {
        let tail = ChiSquared::new(3.0).unwrap().sf(7.3);
        assert!((tail - 0.062_926_236_459_043_12).abs() < 1e-9);
    }
}
