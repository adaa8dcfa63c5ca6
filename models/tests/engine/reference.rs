//! Agreement with transformers on the checkpoints under `../shared/reference`.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use harness_models::{Batch, LoadOptions, Model, MoeLayer, RouterDecision, Want, load};

use crate::support::{Trace, batch, segment, shared, worst};

type Tensors = HashMap<String, Tensor>;

fn reference(dir: &Path) -> Tensors {
    candle_core::safetensors::load(dir.join("reference.safetensors"), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

fn sequences(tensors: &Tensors) -> Vec<Vec<u32>> {
    tensors["input_ids"].to_dtype(DType::U32).unwrap().to_vec2().unwrap()
}

/// All sequences as one packed batch.
fn packed(sequences: &[Vec<u32>], vocab: usize) -> Batch {
    let segments = sequences.iter().enumerate();
    batch(segments.map(|(i, tokens)| segment(i as u64, None, tokens, vocab)).collect())
}

/// Full-vocabulary agreement of one family, with the largest differences printed.
fn family(name: &str) {
    let Some(dir) = shared(&format!("reference/families/{name}")) else {
        return;
    };
    let (model, expected) = (load(&dir, &LoadOptions::default()).unwrap(), reference(&dir));
    let vocab = model.architecture().vocab_size;
    let batch = packed(&sequences(&expected), vocab);
    let mut trace = Trace::default();
    let output = model.forward(&batch, &mut model.new_cache(), &mut trace).unwrap();
    assert!(output.non_finite.iter().all(Option::is_none));
    let rows: Vec<_> = output.rows.iter().flatten().collect();
    let logits = expected["logits"].reshape(((), vocab)).unwrap().to_dtype(DType::F64).unwrap();
    let mut largest = 0.0f64;
    for (row, logits) in rows.iter().zip(logits.to_vec2::<f64>().unwrap()) {
        let sum = logits.iter().map(|l| l.exp()).sum::<f64>().ln();
        largest = largest.max(worst(row.log_probs.iter().copied(), logits.iter().map(|l| l - sum)));
    }
    println!("{name}: log-probabilities differ by at most {largest:.2e}");
    assert!(largest < 5e-5);
    let argmax: Vec<f64> = rows.iter().map(|row| f64::from(row.argmax)).collect();
    assert_eq!(argmax, numbers(&expected["argmax"]));
    routers(name, model.as_ref(), &trace, &expected);
}

fn routers(name: &str, model: &dyn Model, trace: &Trace, expected: &Tensors) {
    let modules = expected.keys().filter(|k| k.starts_with("router.") && k.ends_with(".0")).count();
    assert_eq!(trace.0.len(), modules);
    assert_eq!(model.architecture().moe_layers.len(), modules);
    for (layer, decision) in &trace.0 {
        let (logits, weights) = router(*layer, decision, expected);
        println!(
            "{name}, layer {}: router logits {logits:.2e}, weights {weights:.2e}",
            layer.layer
        );
        assert!(logits < 2e-5 && weights < 1e-5);
    }
}

/// Largest differences of logits and weights; ids must be the same sets.
fn router(layer: MoeLayer, decision: &RouterDecision, expected: &Tensors) -> (f64, f64) {
    let part = |part: usize| {
        let tensor =
            |kind| expected.get(&format!("router.model.layers.{}.{kind}.{part}", layer.layer));
        numbers(tensor("mlp.gate").or_else(|| tensor("mixer.gate")).unwrap())
    };
    let logits = worst(decision.logits.iter().map(|&l| f64::from(l)), part(0));
    let (weights, ids) = (part(1), part(2));
    let mut largest = 0.0f64;
    for token in 0..decision.tokens {
        let theirs = |j: usize| {
            (ids[token * decision.top_k + j] as u32, weights[token * decision.top_k + j])
        };
        let theirs: HashMap<u32, f64> = (0..decision.top_k).map(theirs).collect();
        let ours = decision.ids_of(token);
        assert_eq!(ours.iter().collect::<BTreeSet<_>>(), theirs.keys().collect::<BTreeSet<_>>());
        for (id, &weight) in ours.iter().zip(decision.weights_of(token)) {
            largest = largest.max((f64::from(weight) - theirs[id]).abs());
        }
    }
    (logits, largest)
}

/// Agreement of each next token's log-probability, for checkpoints with a real vocabulary.
fn model(name: &str) {
    let Some(dir) = shared(&format!("reference/models/{name}")) else {
        return;
    };
    let (model, expected) = (load(&dir, &LoadOptions::default()).unwrap(), reference(&dir));
    let sequences = sequences(&expected);
    let mut batch = packed(&sequences, 0);
    for segment in &mut batch.segments {
        let next = segment.tokens.windows(2).enumerate();
        segment.wants = next.map(|(row, pair)| Want { row, targets: vec![pair[1]] }).collect();
    }
    let mut trace = Trace::default();
    let output = model.forward(&batch, &mut model.new_cache(), &mut trace).unwrap();
    let ours = output.rows.iter().flatten().map(|row| row.log_probs[0]);
    let largest = worst(ours, numbers(&expected["token_logprobs"]));
    println!("models/{name}: log-probabilities differ by at most {largest:.2e}");
    assert!(largest < 1e-4);
    routers(name, model.as_ref(), &trace, &expected);
}

#[test]
fn qwen3_moe_agrees_with_transformers() {
    family("qwen3_moe");
    model("qwen3_moe");
}

#[test]
fn nemotron_h_agrees_with_transformers() {
    family("nemotron_h");
    model("nemotron_h");
}

#[test]
fn other_mixtures_agree_with_transformers() {
    ["mixtral", "olmoe", "qwen2_moe", "deepseek_v3"].into_iter().for_each(family);
}

#[test]
fn dense_models_agree_with_transformers_and_route_nothing() {
    ["llama", "qwen3"].into_iter().for_each(family);
}
