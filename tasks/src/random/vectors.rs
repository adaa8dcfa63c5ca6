//! Draws that CPython made, replayed; `tests/parity/cpython_random.py` wrote them.

use serde_json::{Value, json};

use super::Random;

const VECTORS: &str = include_str!("../../tests/vectors/cpython_random.json");

/// Draws what `step` names and gives it in the step's own shape.
fn replay(random: &mut Random, step: &Value) -> Value {
    let size = |index: usize| step[index].as_u64().unwrap() as usize;
    match step[0].as_str().unwrap() {
        "random" => json!(random.random()),
        "getrandbits" => json!(random.getrandbits(size(1) as u32)),
        "sample" => json!(random.sample(size(1), size(2))),
        "randint" => json!(random.randint(step[1].as_i64().unwrap(), step[2].as_i64().unwrap())),
        "shuffle" => {
            let mut items: Vec<usize> = (0..size(1)).collect();
            random.shuffle(&mut items);
            json!(items)
        }
        "choices" => json!(random.choices(size(1), size(2))),
        "choice" => json!(random.choice(&(0..size(1)).collect::<Vec<_>>())),
        other => panic!("unknown step {other}"),
    }
}

#[test]
fn every_draw_equals_cpython() {
    let cases: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let mut random = Random::new(case["seed"].as_u64().unwrap());
        for step in case["steps"].as_array().unwrap() {
            let expected = step.as_array().unwrap().last().unwrap();
            assert_eq!(&replay(&mut random, step), expected, "seed {}, {step}", case["seed"]);
        }
    }
}
