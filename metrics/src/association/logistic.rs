//! Logistic regression by iteratively reweighted least squares, with standard errors that know
//! clusters.
//!
//! The response lies in [0, 1]: right and wrong, or a share such as an F1 score (fractional logit,
//! Papke & Wooldridge 1996, for which only the clustered errors are meant).

use thiserror::Error;

use super::matrix::{add_outer, dot, inverse};
use crate::scores::Clusters;

/// A fitted model. Coefficient 0 is the intercept.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// Coefficients on the log-odds scale.
    pub coefficients: Vec<f64>,
    /// Standard errors that take documents for independent and the model for true.
    pub stderrs: Vec<f64>,
    /// Clustered (sandwich) standard errors with the correction G/(G − 1) · (n − 1)/(n − k);
    /// `None` with one cluster.
    pub clustered_stderrs: Option<Vec<f64>>,
    /// Log-likelihood, natural logarithm.
    pub log_likelihood: f64,
    /// Documents.
    pub n: usize,
}

impl Fit {
    /// The probability that the model gives to a document of these predictors (without the
    /// intercept).
    #[must_use]
    pub fn predict(&self, row: &[f64]) -> f64 {
        let slopes = &self.coefficients[1..];
        1.0 / (1.0 + (-self.coefficients[0] - dot(slopes, row)).exp())
    }
}

/// Why there is no fit.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// Rows, responses and clusters differ in number, rows differ in length, or a value is not
    /// finite or not a share.
    #[error("the data cannot be fitted: {0}")]
    Data(String),
    /// More coefficients than documents, a predictor without variation, or one that others make
    /// up.
    #[error("the predictors determine each other, or there are fewer documents than predictors")]
    Singular,
    /// A predictor tells right from wrong without error, so that its coefficient has no end.
    #[error(
        "a predictor separates the responses completely: the coefficient has no finite estimate"
    )]
    Separated,
}

const ITERATIONS: usize = 60;
/// On the log-odds scale probabilities beyond this are 0 or 1 to ten digits.
const EXTREME: f64 = 23.0;

/// Fits P(y) = 1/(1 + e^(−(β₀ + Σ βⱼ xⱼ))) by maximum likelihood. `rows` holds the predictors of
/// each document, without the intercept.
///
/// # Errors
/// When the data do not fit each other, do not determine the coefficients, or separate.
pub fn fit(rows: &[Vec<f64>], y: &[f64], clusters: &Clusters) -> Result<Fit, FitError> {
    let design = design(rows, y, clusters)?;
    let mut beta = vec![0.0; design[0].len()];
    let mut best = log_likelihood(&design, y, &beta);
    for _ in 0..ITERATIONS {
        let step = newton_step(&design, y, &beta)?;
        let (next, likelihood) = climb(&design, y, &beta, &step, best);
        let gained = likelihood - best;
        let moved = next.iter().zip(&beta).any(|(a, b)| (a - b).abs() > 1e-10 * b.abs().max(1.0));
        (beta, best) = (next, likelihood);
        if design.iter().any(|row| dot(row, &beta).abs() > EXTREME) {
            return Err(FitError::Separated);
        }
        if gained.abs() < 1e-12 && !moved {
            break;
        }
    }
    summarise(&design, y, clusters, beta, best)
}

fn design(rows: &[Vec<f64>], y: &[f64], clusters: &Clusters) -> Result<Vec<Vec<f64>>, FitError> {
    let fail = |what: &str| Err(FitError::Data(what.to_owned()));
    let width = rows.first().map_or(0, Vec::len);
    if rows.len() != y.len() || rows.len() != clusters.documents() || rows.is_empty() {
        return fail("predictors, responses and clusters differ in number or are empty");
    }
    if rows.iter().any(|row| row.len() != width || row.iter().any(|x| !x.is_finite())) {
        return fail("a row has another length or a value that is not finite");
    }
    if y.iter().any(|y| !(0.0..=1.0).contains(y)) {
        return fail("a response lies outside 0 to 1");
    }
    Ok(rows.iter().map(|row| [&[1.0], &row[..]].concat()).collect())
}

fn probability(row: &[f64], beta: &[f64]) -> f64 {
    1.0 / (1.0 + (-dot(row, beta)).exp())
}

fn log_likelihood(design: &[Vec<f64>], y: &[f64], beta: &[f64]) -> f64 {
    // ln p = −softplus(−η); softplus without overflow.
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let term = |(row, &y): (&Vec<f64>, &f64)| {
        let eta = dot(row, beta);
        -y * softplus(-eta) - (1.0 - y) * softplus(eta)
    };
    design.iter().zip(y).map(term).sum()
}

/// (XᵀWX)⁻¹ Xᵀ(y − p).
fn newton_step(design: &[Vec<f64>], y: &[f64], beta: &[f64]) -> Result<Vec<f64>, FitError> {
    let mut gradient = vec![0.0; beta.len()];
    for (row, &y) in design.iter().zip(y) {
        let residual = y - probability(row, beta);
        gradient.iter_mut().zip(row).for_each(|(sum, x)| *sum += residual * x);
    }
    let inverse = inverse(information(design, beta)).ok_or(FitError::Singular)?;
    Ok(inverse.iter().map(|row| dot(row, &gradient)).collect())
}

fn information(design: &[Vec<f64>], beta: &[f64]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; beta.len()]; beta.len()];
    for row in design {
        let p = probability(row, beta);
        add_outer(&mut matrix, row, p * (1.0 - p));
    }
    matrix
}

/// The step, halved until the likelihood does not fall.
fn climb(design: &[Vec<f64>], y: &[f64], beta: &[f64], step: &[f64], best: f64) -> (Vec<f64>, f64) {
    let mut share = 1.0;
    for _ in 0..30 {
        let next: Vec<f64> = beta.iter().zip(step).map(|(b, s)| b + share * s).collect();
        let likelihood = log_likelihood(design, y, &next);
        if likelihood >= best {
            return (next, likelihood);
        }
        share /= 2.0;
    }
    (beta.to_vec(), best)
}

fn summarise(
    design: &[Vec<f64>],
    y: &[f64],
    clusters: &Clusters,
    beta: Vec<f64>,
    log_likelihood: f64,
) -> Result<Fit, FitError> {
    let bread = inverse(information(design, &beta)).ok_or(FitError::Singular)?;
    let clustered_stderrs = (clusters.len() > 1 && design.len() > beta.len()).then(|| {
        let meat = meat(design, y, clusters, &beta);
        let variance =
            |row: &Vec<f64>| dot(&meat.iter().map(|m| dot(m, row)).collect::<Vec<_>>(), row);
        let (g, n, k) = (clusters.len() as f64, design.len() as f64, beta.len() as f64);
        let correction = g / (g - 1.0) * (n - 1.0) / (n - k);
        bread.iter().map(|row| (correction * variance(row)).sqrt()).collect()
    });
    Ok(Fit {
        stderrs: bread.iter().enumerate().map(|(j, row)| row[j].sqrt()).collect(),
        clustered_stderrs,
        coefficients: beta,
        log_likelihood,
        n: design.len(),
    })
}

/// Σ over clusters of the outer product of the cluster's score.
fn meat(design: &[Vec<f64>], y: &[f64], clusters: &Clusters, beta: &[f64]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; beta.len()]; beta.len()];
    for documents in clusters.iter() {
        let mut score = vec![0.0; beta.len()];
        for &document in documents {
            let residual = y[document] - probability(&design[document], beta);
            score.iter_mut().zip(&design[document]).for_each(|(sum, x)| *sum += residual * x);
        }
        add_outer(&mut matrix, &score, 1.0);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [[f64; 2]; 12] = [
        [0.5, 1.0],
        [1.5, 0.0],
        [2.0, 1.0],
        [2.5, 0.0],
        [3.0, 1.0],
        [3.5, 0.0],
        [4.0, 1.0],
        [4.5, 1.0],
        [5.0, 0.0],
        [5.5, 1.0],
        [0.7, 0.0],
        [1.1, 1.0],
    ];
    const Y: [f64; 12] = [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0];

    fn rows() -> Vec<Vec<f64>> {
        X.iter().map(|row| row.to_vec()).collect()
    }

    fn pairs() -> Clusters {
        Clusters::from_labels(["0", "0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "5"])
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{found:?} instead of {expected:?}"
        );
    }

    /// statsmodels 0.15 `Logit(...).fit()`, plain and with `cov_type="cluster"`.
    #[test]
    fn agrees_with_statsmodels() {
        let fit = fit(&rows(), &Y, &pairs()).unwrap();
        close(&fit.coefficients, &[-1.171_704_77, 1.333_468_80, -4.579_810_95]);
        close(&fit.stderrs, &[1.832_120_93, 0.888_040_03, 2.902_817_01]);
        close(&fit.clustered_stderrs.unwrap(), &[2.273_878_22, 0.585_773_60, 2.079_561_58]);
        assert!((fit.log_likelihood + 4.313_683_221_990_538).abs() < 1e-9);
    }

    /// statsmodels 0.15 `GLM(..., Binomial())` on shares, clustered.
    #[test]
    fn shares_agree_with_statsmodels() {
        let y = [0.1, 0.2, 0.4, 0.5, 0.35, 0.7, 0.8, 0.4, 0.9, 0.95, 0.6, 0.15];
        let fit = fit(&rows(), &y, &pairs()).unwrap();
        close(&fit.coefficients, &[-1.263_700_25, 0.633_722_05, -0.859_382_17]);
        close(&fit.clustered_stderrs.unwrap(), &[0.762_037_07, 0.169_307_81, 0.423_837_07]);
    }

    #[test]
    fn an_intercept_alone_is_the_log_odds() {
        let none = vec![Vec::new(); 4];
        let fit = fit(&none, &[1.0, 1.0, 1.0, 0.0], &Clusters::singletons(4)).unwrap();
        assert!((fit.coefficients[0] - 3.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let single = |x: &[f64]| -> Vec<Vec<f64>> { x.iter().map(|x| vec![*x]).collect() };
        let four = Clusters::singletons(4);
        let separated = fit(&single(&[1.0, 2.0, 3.0, 4.0]), &[0.0, 0.0, 1.0, 1.0], &four);
        assert_eq!(separated, Err(FitError::Separated));
        assert_eq!(fit(&single(&[1.0; 4]), &[0.0, 1.0, 0.0, 1.0], &four), Err(FitError::Singular));
        let all_right = fit(&vec![Vec::new(); 4], &[1.0; 4], &four);
        assert_eq!(all_right, Err(FitError::Separated));
        assert!(matches!(fit(&single(&[1.0]), &[0.5, 0.5], &four), Err(FitError::Data(_))));
        assert!(matches!(fit(&single(&[f64::NAN; 4]), &[0.0; 4], &four), Err(FitError::Data(_))));
        assert!(matches!(
            fit(&single(&[1.0, 2.0, 3.0, 4.0]), &[2.0; 4], &four),
            Err(FitError::Data(_))
        ));
    }
}
