//! Agreement with scipy and statsmodels on the vectors of `tests/parity/score_statistics.py`.

use harness_metrics::association::{correlation, logistic};
use harness_metrics::scores::mcnemar::Flips;
use harness_metrics::scores::{
    Clusters, Resampling, bootstrap, heterogeneity, holm, interval, paired, sign_flip, stderr,
};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../vectors/scores.json")).unwrap();
    all[name].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn clusters(value: &Value) -> Clusters {
    Clusters::from_labels(value.as_array().unwrap().iter().map(|label| label.as_str().unwrap()))
}

fn near(found: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

#[test]
fn wilson() {
    for case in vectors("wilson").as_array().unwrap() {
        let found = interval::wilson(number(&case["count"]), number(&case["n"]), 0.95).unwrap();
        near(found.low, &case["low"], 1e-9);
        near(found.high, &case["high"], 1e-9);
    }
}

#[test]
fn mcnemar() {
    for case in vectors("flips").as_array().unwrap() {
        let count = |key: &str| case[key].as_u64().unwrap();
        let flips = Flips { gained: count("gained"), lost: count("lost") };
        near(flips.exact_p(), &case["exact"], 1e-9);
        near(flips.mid_p(), &case["mid"], 1e-9);
    }
}

#[test]
fn holms_adjustment() {
    let case = vectors("holm");
    let found = holm::adjust(&numbers(&case["p"]));
    found.iter().zip(case["adjusted"].as_array().unwrap()).for_each(|(p, e)| near(*p, e, 1e-12));
}

#[test]
fn cochrans_q() {
    let case = vectors("cochran");
    let (differences, errors) = (numbers(&case["differences"]), numbers(&case["errors"]));
    let found = heterogeneity::heterogeneity(&differences, &errors, &[f64::INFINITY; 7]).unwrap();
    near(found.q, &case["q"], 1e-9);
    near(found.p, &case["p"], 1e-9);
    near(found.i_squared, &case["i_squared"], 1e-9);
    near(found.true_sd.powi(2), &case["tau_squared"], 1e-9);
}

/// statsmodels corrects by C/(C − 1) · (n − 1)/(n − 1) for an intercept alone, as we do.
#[test]
fn clustered_errors() {
    let case = vectors("clustered");
    let found =
        stderr::of_mean_clustered(&numbers(&case["differences"]), &clusters(&case["clusters"]));
    near(found.unwrap(), &case["stderr"], 1e-9);
}

#[test]
fn sign_flips_of_every_arrangement() {
    let case = vectors("sign_flips");
    let resampling = Resampling { draws: 10_000, ..Resampling::default() };
    let found =
        sign_flip::p_value(&numbers(&case["differences"]), &Clusters::singletons(10), resampling);
    near(found.unwrap(), &case["p"], 1e-12);
}

/// The ends of 20,000 replicates wobble by about 1 % of the interval's width.
#[test]
fn the_basic_bootstrap() {
    let case = vectors("bootstrap");
    let resampling = Resampling { draws: 20_000, ..Resampling::default() };
    let (old, new) = (numbers(&case["old"]), numbers(&case["new"]));
    let singletons = Clusters::singletons(old.len());
    let found = paired::difference(&old, &new, &singletons, resampling).unwrap().interval.unwrap();
    let width = number(&case["high"]) - number(&case["low"]);
    near(found.low, &case["low"], 0.03 * width);
    near(found.high, &case["high"], 0.03 * width);
    let alone = bootstrap::mean(&paired::differences(&old, &new).unwrap(), &singletons, resampling);
    assert_eq!(alone.unwrap().interval.unwrap(), found);
}

#[test]
fn spearmans_exact_p_up_to_eight_points() {
    for case in vectors("spearman").as_array().unwrap() {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        near(correlation::spearman(&x, &y).unwrap(), &case["rho"], 1e-12);
        let blocks = vec![0; x.len()];
        let found = correlation::permutation_p(
            &x,
            &y,
            &blocks,
            correlation::spearman,
            Resampling::default(),
        );
        near(found.unwrap(), &case["p"], 1e-9);
    }
}

/// statsmodels corrects clustered errors of a Logit by G/(G − 1) · (n − 1)/(n − k), as we do.
#[test]
fn logistic_regression() {
    let case = vectors("logistic");
    let rows: Vec<Vec<f64>> = case["x"].as_array().unwrap().iter().map(numbers).collect();
    let fit = logistic::fit(&rows, &numbers(&case["y"]), &clusters(&case["clusters"])).unwrap();
    let clustered = fit.clustered_stderrs.unwrap();
    for (i, coefficient) in fit.coefficients.iter().enumerate() {
        near(*coefficient, &case["coefficients"][i], 1e-7);
        near(fit.stderrs[i], &case["stderrs"][i], 1e-7);
        near(clustered[i], &case["clustered_stderrs"][i], 1e-7);
    }
    near(fit.log_likelihood, &case["log_likelihood"], 1e-7);
}
