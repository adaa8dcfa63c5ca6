//! Agreement with statsmodels and scipy: `tests/parity/association_vectors.py` made the numbers.

use harness_metrics::association::correlation::{
    fisher_interval, pearson, permutation_p, spearman, t_test_p,
};
use harness_metrics::association::documents::{Document, link};
use harness_metrics::association::line::Line;
use harness_metrics::association::score_test::{Question, ask};
use harness_metrics::association::{concordance, logistic};
use harness_metrics::scores::{Clusters, Resampling};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn vectors<T: DeserializeOwned>(of: &str) -> Vec<T> {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/association.json")).unwrap();
    serde_json::from_value(all[of].clone()).unwrap()
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

fn clusters(labels: &[String]) -> Clusters {
    Clusters::from_labels(labels.iter().map(String::as_str))
}

#[derive(Deserialize)]
struct Regression {
    rows: Vec<Vec<f64>>,
    responses: Vec<f64>,
    clusters: Vec<String>,
    coefficients: Vec<f64>,
    clustered_stderrs: Vec<f64>,
}

/// Both iterate to convergence; what is left is rounding.
#[test]
fn regressions_agree() {
    for case in vectors::<Regression>("regressions") {
        let fit = logistic::fit(&case.rows, &case.responses, &clusters(&case.clusters)).unwrap();
        let errors = fit.clustered_stderrs.unwrap();
        let coefficients = fit.coefficients.iter().zip(&case.coefficients);
        for (found, expected) in coefficients.chain(errors.iter().zip(&case.clustered_stderrs)) {
            close(*found, *expected, 1e-8);
        }
    }
}

#[derive(Deserialize)]
struct ScoreTest {
    predictor: Vec<f64>,
    covariates: Vec<Vec<f64>>,
    responses: Vec<f64>,
    clusters: Vec<String>,
    strata: Vec<usize>,
    score: f64,
    p: f64,
    p_error: f64,
}

/// The p-values are of 20,000 draws each: four of their standard errors together.
#[test]
fn score_tests_agree() {
    for case in vectors::<ScoreTest>("score_tests") {
        let question = Question {
            predictor: &case.predictor,
            covariates: &case.covariates,
            responses: &case.responses,
            clusters: &clusters(&case.clusters),
            strata: &case.strata,
        };
        let found = ask(&question, Resampling { draws: 20_000, ..Resampling::default() }).unwrap();
        close(found.score, case.score, 1e-8);
        close(found.p, case.p, 4.0 * 2.0_f64.sqrt() * case.p_error);
    }
}

#[derive(Deserialize)]
struct Documents {
    tasks: Vec<usize>,
    scores: Vec<f64>,
    tokens: Vec<u64>,
    options: Vec<usize>,
    tokens_per_character: Option<Vec<f64>>,
    predictor: Vec<f64>,
    clusters: Vec<String>,
    log_odds: f64,
    clustered_stderr: f64,
}

impl Documents {
    fn document(&self, at: usize) -> Document {
        Document {
            task: self.tasks[at],
            score: self.scores[at],
            tokens: self.tokens[at],
            options: self.options[at],
            tokens_per_character: self.tokens_per_character.as_ref().map(|ratios| ratios[at]),
            predictor: self.predictor[at],
        }
    }
}

/// The whole design matrix: with and without tokens per character the coefficients are others.
#[test]
fn designs_agree() {
    let cases = vectors::<Documents>("links");
    for case in &cases {
        let documents: Vec<Document> = (0..case.tasks.len()).map(|at| case.document(at)).collect();
        let found = link(&documents, &clusters(&case.clusters), Resampling::default()).unwrap();
        assert_eq!(found.holds_tokens_per_character, case.tokens_per_character.is_some());
        close(found.adjusted.log_odds.value, case.log_odds, 1e-7);
        close(found.adjusted.log_odds.stderr.unwrap(), case.clustered_stderr, 1e-7);
    }
}

#[derive(Deserialize)]
struct Points {
    x: Vec<f64>,
    y: Vec<f64>,
    slope: f64,
    intercept: f64,
    slope_stderr: f64,
    at: Vec<f64>,
    band: Vec<[f64; 2]>,
}

/// statrs finds quantiles of Student's t by bisection.
#[test]
fn lines_agree() {
    for case in vectors::<Points>("lines") {
        let line = Line::through(&case.x, &case.y).unwrap();
        close(line.slope, case.slope, 1e-12);
        close(line.intercept, case.intercept, 1e-12);
        close(line.slope_stderr, case.slope_stderr, 1e-12);
        for (x, [low, high]) in case.at.iter().zip(case.band) {
            let found = line.at(*x, 0.95);
            close(found.1, low, 1e-6);
            close(found.2, high, 1e-6);
        }
    }
}

#[derive(Deserialize)]
struct Correlation {
    x: Vec<f64>,
    y: Vec<f64>,
    pearson: f64,
    fisher: [f64; 2],
    t_test_p: f64,
    spearman: f64,
    p_pearson: f64,
    p_spearman: f64,
}

#[test]
fn correlations_agree() {
    for case in vectors::<Correlation>("permutations") {
        let (x, y, n) = (&case.x, &case.y, case.x.len());
        let r = pearson(x, y).unwrap();
        close(r, case.pearson, 1e-12);
        let (low, high) = fisher_interval(r, n, 0.95).unwrap();
        close(low, case.fisher[0], 1e-7);
        close(high, case.fisher[1], 1e-7);
        close(t_test_p(r, n).unwrap(), case.t_test_p, 1e-9);
        close(spearman(x, y).unwrap(), case.spearman, 1e-12);
        let p = |statistic| permutation_p(x, y, &vec![0; n], statistic, Resampling::default());
        close(p(pearson).unwrap(), case.p_pearson, 1e-12);
        close(p(spearman).unwrap(), case.p_spearman, 1e-12);
    }
}

#[derive(Deserialize)]
struct Area {
    predictions: Vec<f64>,
    right: Vec<bool>,
    area: f64,
}

#[test]
fn areas_agree() {
    for case in vectors::<Area>("areas") {
        let all = (0..case.right.len()).collect();
        let found = concordance::area(&[all], &case.predictions, &case.right).unwrap();
        close(found, case.area, 1e-12);
    }
}
