//! Whether a model gains evenly over tasks or redistributes.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// How much more the differences of several tasks vary than their errors explain.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heterogeneity {
    /// Cochran's Q: Σ (δᵢ − δ̄)² / seᵢ² around the precision-weighted mean (Cochran 1954).
    pub q: f64,
    /// Degrees of freedom, tasks − 1.
    pub df: usize,
    /// p-value of Q.
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

/// Heterogeneity of differences with their standard errors. `None` below two tasks or with a
/// standard error that is not positive.
#[must_use]
pub fn heterogeneity(differences: &[f64], errors: &[f64]) -> Option<Heterogeneity> {
    let usable =
        differences.len() == errors.len() && errors.iter().all(|se| *se > 0.0 && se.is_finite());
    if !usable || differences.len() < 2 {
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
        p: ChiSquared::new(df as f64).ok()?.sf(q),
        i_squared: if q > 0.0 { ((q - df as f64) / q).max(0.0) } else { 0.0 },
        true_sd: ((q - df as f64) / (total - squares / total)).max(0.0).sqrt(),
        gained: differences.iter().filter(|d| **d > 0.0).sum(),
        lost: -differences.iter().filter(|d| **d < 0.0).sum::<f64>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_errors_by_hand() {
        // Mean 1, deviations −3, −1, 4 over errors of 1: Q = 26; τ² = (26 − 2)/(3 − 1) = 12.
        let found = heterogeneity(&[-2.0, 0.0, 5.0], &[1.0, 1.0, 1.0]).unwrap();
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
        let found = heterogeneity(&[2.0, 2.0, 2.0, 2.0], &[0.5, 1.0, 2.0, 1.0]).unwrap();
        assert_eq!((found.q, found.p, found.i_squared, found.true_sd), (0.0, 1.0, 0.0, 0.0));
        assert_eq!(heterogeneity(&[1.0], &[1.0]), None);
        assert_eq!(heterogeneity(&[1.0, 2.0], &[1.0, 0.0]), None);
    }

    /// scipy 1.17 `chi2.sf(7.3, 3)`.
    #[test]
    fn chi_squared_tail() {
        let tail = ChiSquared::new(3.0).unwrap().sf(7.3);
        assert!((tail - 0.062_926_236_459_043_12).abs() < 1e-9);
    }
}
