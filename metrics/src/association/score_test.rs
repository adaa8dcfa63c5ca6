//! One predictor beside covariates: its coefficient, and a permutation test of it.
//!
//! The coefficient and its interval come from a logistic regression with clustered errors. The
//! p-value does not: it asks how often a predictor that is shuffled among comparable documents
//! (of one stratum: the same task, a similar length) scores as well. Shuffling single documents
//! would be wrong where documents share a cluster, so what is compared is the studentised score,
//! whose clustered error is taken anew in every shuffle (Janssen 1997; DiCiccio & Romano 2017).

use rayon::prelude::*;

use super::logistic::{self, Fit, FitError};
use super::matrix::{add_outer, dot, inverse};
use crate::Estimate;
use crate::random::SplitMix64;
use crate::scores::{Clusters, Resampling, interval};

/// What is asked of the data: does `predictor` say something about `responses` beyond
/// `covariates`?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// One number a document.
    pub predictor: &'a [f64],
    /// Other predictors, one row a document, without the intercept.
    pub covariates: &'a [Vec<f64>],
    /// Responses in [0, 1].
    pub responses: &'a [f64],
    /// Which documents belong together.
    pub clusters: &'a Clusters,
    /// Documents of equal stratum are exchanged.
    pub strata: &'a [usize],
}

/// The answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Adjusted {
    /// Change of the log-odds with one unit of the predictor, other things equal, with its
    /// clustered standard error and value ± z · stderr.
    pub log_odds: Estimate,
    /// The studentised score within strata: positive when the predictor rises with the response.
    pub score: f64,
    /// Two-sided permutation p-value, (1 + as extreme) / (draws + 1).
    pub p: f64,
}

/// Fits and tests.
///
/// # Errors
/// When the regression has no finite answer, or no stratum has two documents that differ.
pub fn ask(question: &Question<'_>, resampling: Resampling) -> Result<Adjusted, FitError> {
    let fit = with_predictor(question)?;
    let scores = Scores::of(question)?;
    let score = scores.studentised(&scores.predictor).ok_or(FitError::Singular)?;
    Ok(Adjusted {
        log_odds: coefficient(&fit, resampling.level),
        score,
        p: scores.p(score, resampling),
    })
}

fn with_predictor(question: &Question<'_>) -> Result<Fit, FitError> {
    let rows = question.covariates.iter().zip(question.predictor);
    let rows: Vec<Vec<f64>> = rows.map(|(row, x)| [&row[..], &[*x]].concat()).collect();
    logistic::fit(&rows, question.responses, question.clusters)
}

/// The last coefficient.
fn coefficient(fit: &Fit, level: f64) -> Estimate {
    let last = fit.coefficients.len() - 1;
    let stderr = fit.clustered_stderrs.as_ref().map(|errors| errors[last]);
    let value = fit.coefficients[last];
    Estimate {
        value,
        stderr,
        interval: stderr.map(|stderr| interval::normal(value, stderr, level)),
        n: fit.n,
    }
}

/// What a shuffle needs: residuals of the responses and of the predictor, centred in strata.
struct Scores {
    residuals: Vec<f64>,
    predictor: Vec<f64>,
    /// Cluster of each document.
    cluster: Vec<usize>,
    clusters: usize,
    /// Documents of each stratum.
    strata: Vec<Vec<usize>>,
}

impl Scores {
    fn of(question: &Question<'_>) -> Result<Self, FitError> {
        let null = logistic::fit(question.covariates, question.responses, question.clusters)?;
        let fitted: Vec<f64> = question.covariates.iter().map(|row| null.predict(row)).collect();
        let mut residuals: Vec<f64> =
            question.responses.iter().zip(&fitted).map(|(y, p)| y - p).collect();
        let weights: Vec<f64> = fitted.iter().map(|p| p * (1.0 - p)).collect();
        let mut predictor = residualised(question.predictor, question.covariates, &weights)?;
        let strata = groups(question.strata);
        for stratum in &strata {
            centre(&mut residuals, stratum);
            centre(&mut predictor, stratum);
        }
        let mut cluster = vec![0; residuals.len()];
        for (number, documents) in question.clusters.iter().enumerate() {
            documents.iter().for_each(|&document| cluster[document] = number);
        }
        Ok(Self { residuals, predictor, cluster, clusters: question.clusters.len(), strata })
    }

    /// Σ e x / √(Σ over clusters (Σ e x)²); `None` when nothing varies.
    fn studentised(&self, predictor: &[f64]) -> Option<f64> {
        let mut sums = vec![0.0; self.clusters];
        for ((e, x), &cluster) in self.residuals.iter().zip(predictor).zip(&self.cluster) {
            sums[cluster] += e * x;
        }
        let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
        (squares > 1e-24).then(|| sums.iter().sum::<f64>() / squares.sqrt())
    }

    fn p(&self, observed: f64, resampling: Resampling) -> f64 {
        let least = observed.abs() * (1.0 - 1e-12);
        let draws = (0..resampling.draws as u64).into_par_iter();
        let extreme = draws.map_init(
            || self.predictor.clone(),
            |shuffled, draw| {
                self.shuffle(shuffled, &mut SplitMix64::stream(resampling.seed, draw));
                self.studentised(shuffled).is_none_or(|score| score.abs() >= least)
            },
        );
        let count = extreme.filter(|&is_extreme| is_extreme).count();
        (1.0 + count as f64) / (resampling.draws as f64 + 1.0)
    }

    /// Each draw starts from the documents' own order, so that it depends on its stream alone.
    fn shuffle(&self, shuffled: &mut [f64], random: &mut SplitMix64) {
        shuffled.copy_from_slice(&self.predictor);
        for stratum in &self.strata {
            for last in (1..stratum.len()).rev() {
                shuffled.swap(stratum[last], stratum[random.below(last + 1)]);
            }
        }
    }
}

/// What the covariates leave of a predictor, by weighted least squares.
fn residualised(x: &[f64], covariates: &[Vec<f64>], weights: &[f64]) -> Result<Vec<f64>, FitError> {
    let rows: Vec<Vec<f64>> = covariates.iter().map(|row| [&[1.0], &row[..]].concat()).collect();
    let width = rows.first().map_or(0, Vec::len);
    let (mut matrix, mut moments) = (vec![vec![0.0; width]; width], vec![0.0; width]);
    for ((row, &weight), x) in rows.iter().zip(weights).zip(x) {
        add_outer(&mut matrix, row, weight);
        moments.iter_mut().zip(row).for_each(|(sum, z)| *sum += weight * z * x);
    }
    let inverse = inverse(matrix).ok_or(FitError::Singular)?;
    let beta: Vec<f64> = inverse.iter().map(|row| dot(row, &moments)).collect();
    Ok(x.iter().zip(&rows).map(|(x, row)| x - dot(row, &beta)).collect())
}

fn groups(strata: &[usize]) -> Vec<Vec<usize>> {
    let count = strata.iter().max().map_or(0, |most| most + 1);
    let mut groups = vec![Vec::new(); count];
    strata.iter().enumerate().for_each(|(document, &stratum)| groups[stratum].push(document));
    groups
}

fn centre(values: &mut [f64], documents: &[usize]) {
    let mean = documents.iter().map(|&d| values[d]).sum::<f64>() / documents.len().max(1) as f64;
    documents.iter().for_each(|&document| values[document] -= mean);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform(random: &mut SplitMix64) -> f64 {
        random.next_u64() as f64 / u64::MAX as f64
    }

    #[test]
    fn a_real_effect_is_found_and_its_sign_kept() {
        let mut random = SplitMix64::new(3);
        let x: Vec<f64> = (0..200).map(|_| uniform(&mut random) - 0.5).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|x| f64::from(uniform(&mut random) < 1.0 / (1.0 + (-4.0 * x).exp())))
            .collect();
        let none = vec![Vec::new(); 200];
        let question = Question {
            predictor: &x,
            covariates: &none,
            responses: &y,
            clusters: &Clusters::singletons(200),
            strata: &[0; 200],
        };
        let found = ask(&question, Resampling { draws: 999, ..Resampling::default() }).unwrap();
        assert!((found.p - 0.001).abs() < 1e-12, "{}", found.p);
        let interval = found.log_odds.interval.unwrap();
        assert!(interval.low < 4.0 && 4.0 < interval.high && found.score > 3.0, "{interval:?}");
    }

    #[test]
    fn a_predictor_that_never_varies_within_strata_has_no_answer() {
        let (x, strata) = ([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1]);
        let question = Question {
            predictor: &x,
            covariates: &[vec![], vec![], vec![], vec![]],
            responses: &[0.0, 1.0, 0.0, 1.0],
            clusters: &Clusters::singletons(4),
            strata: &strata,
        };
        assert_eq!(ask(&question, Resampling::default()), Err(FitError::Singular));
    }
}
