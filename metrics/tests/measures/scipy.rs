//! Agreement with numpy and scipy on loads with ties and zeros, to 1e-9.
//!
//! `scipy.json` was written by `tests/parity/routing_measures.py`.

use harness_metrics::{PairMeasure, SideMeasure};
use serde_json::Value;

fn load(case: &Value, side: &str) -> Vec<f64> {
    case[side].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn agrees(what: &str, ours: Option<f64>, theirs: &Value) {
    let (ours, theirs) = (ours.unwrap(), theirs.as_f64().unwrap());
    assert!((ours - theirs).abs() < 1e-9, "{what}: {ours} is not {theirs}");
}

#[test]
fn every_measure_agrees() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("scipy.json")).unwrap();
    assert_eq!(cases.len(), 12);
    for (number, case) in cases.iter().enumerate() {
        let (a, b) = (load(case, "a"), load(case, "b"));
        for (side, load) in [&a, &b].into_iter().enumerate() {
            for measure in [SideMeasure::UsageEntropy, SideMeasure::Gini] {
                let name = measure.name();
                let what = format!("case {number}, side {side}, {name}");
                agrees(&what, measure.of(load), &case["sides"][side][name]);
            }
        }
        use PairMeasure::{Cosine, JensenShannon, Kendall, Spearman};
        for measure in [Cosine, JensenShannon, Spearman, Kendall] {
            let name = measure.name();
            agrees(&format!("case {number}, {name}"), measure.of(&a, &b, 1), &case[name]);
        }
    }
}
