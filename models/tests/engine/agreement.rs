//! How far a model is from the numbers that transformers computed for it.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use harness_models::{Batch, LoadOptions, Model, MoeLayer, RouterDecision, Want, load};

use crate::support::{Trace, batch, segment, worst};

type Tensors = HashMap<String, Tensor>;

/// Largest differences over all tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreement {
    /// Of log-probabilities.
    pub(crate) log_probs: f64,
    /// Of raw router logits; 0 for models without routers.
    pub(crate) router_logits: f64,
    /// Of the weights applied to experts.
    pub(crate) weights: f64,
}

impl Agreement {
    /// The larger differences of two.
    pub(crate) fn larger(self, other: Self) -> Self {
        Self {
            log_probs: self.log_probs.max(other.log_probs),
            router_logits: self.router_logits.max(other.router_logits),
            weights: self.weights.max(other.weights),
        }
    }

    /// The specification's tolerances: a wrong epsilon of a norm costs 1.8e-4.
    #[track_caller]
    pub(crate) fn check(&self, name: &str, log_probs: f64) {
        println!("{name}: {self:?}");
        assert!(self.log_probs < log_probs, "{name}: {self:?}");
        assert!(self.router_logits < 2e-5 && self.weights < 1e-5, "{name}: {self:?}");
    }
}

fn reference(dir: &Path) -> Tensors {
    candle_core::safetensors::load(dir.join("reference.safetensors"), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

fn sequences(tensors: &Tensors) -> Vec<Vec<u32>> {
    // candle converts no i32: by way of f64, which holds every id.
    let ids = &tensors["input_ids"];
    let width = ids.dims()[1];
    let ids: Vec<u32> = numbers(ids).into_iter().map(|id| id as u32).collect();
    ids.chunks(width).map(<[u32]>::to_vec).collect()
}

/// All sequences as one packed batch.
fn packed(sequences: &[Vec<u32>], vocab: usize) -> Batch {
    let segments = sequences.iter().enumerate();
    batch(segments.map(|(i, tokens)| segment(i as u64, None, tokens, vocab)).collect())
}

/// Compares whole distributions and every router; ids must be the same sets, and so must the argmax.
pub(crate) fn agreement(dir: &Path) -> Agreement {
    let (model, expected) = (load(dir, &LoadOptions::default()).unwrap(), reference(dir));
    let vocab = model.architecture().vocab_size;
    let batch = packed(&sequences(&expected), vocab);
    let mut trace = Trace::default();
    let output = model.forward(&batch, &mut model.new_cache(), &mut trace).unwrap();
    assert!(output.non_finite.iter().all(Option::is_none));
    let rows: Vec<_> = output.rows.iter().flatten().collect();
    let mut found = routers(model.as_ref(), &trace, &expected);
    for (row, logits) in rows.iter().zip(numbers(&expected["logits"]).chunks(vocab)) {
        let sum = logits.iter().map(|l| l.exp()).sum::<f64>().ln();
        let theirs = logits.iter().map(|l| l - sum);
        found.log_probs = found.log_probs.max(worst(row.log_probs.iter().copied(), theirs));
        let best = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(logits[row.argmax as usize], best);
    }
    found
}

/// Compares each next token's log-probability and every router, for checkpoints with a real
/// vocabulary.
pub(crate) fn agreement_on_next_tokens(dir: &Path) -> Agreement {
    let (model, expected) = (load(dir, &LoadOptions::default()).unwrap(), reference(dir));
    let mut batch = packed(&sequences(&expected), 0);
    for segment in &mut batch.segments {
        let next = segment.tokens.windows(2).enumerate();
        segment.wants = next.map(|(row, pair)| Want { row, targets: vec![pair[1]] }).collect();
    }
    let mut trace = Trace::default();
    let output = model.forward(&batch, &mut model.new_cache(), &mut trace).unwrap();
    let ours = output.rows.iter().flatten().map(|row| row.log_probs[0]);
    let log_probs = worst(ours, numbers(&expected["token_logprobs"]));
    Agreement { log_probs, ..routers(model.as_ref(), &trace, &expected) }
}

fn routers(model: &dyn Model, trace: &Trace, expected: &Tensors) -> Agreement {
    let modules = expected.keys().filter(|k| k.starts_with("router.") && k.ends_with(".0")).count();
    assert_eq!(trace.0.len(), modules);
    assert_eq!(model.architecture().moe_layers.len(), modules);
    let mut found = Agreement::default();
    for (layer, decision) in &trace.0 {
        let (logits, weights) = router(*layer, decision, expected);
        found.router_logits = found.router_logits.max(logits);
        found.weights = found.weights.max(weights);
    }
    found
}

/// Largest differences of logits and weights; ids must be the same sets.
fn router(layer: MoeLayer, decision: &RouterDecision, expected: &Tensors) -> (f64, f64) {
    let part = |part: usize| {
        let (prefix, suffix) =
            (format!("router.model.layers.{}.", layer.layer), format!(".{part}"));
        let of_layer = |name: &&String| name.starts_with(&prefix) && name.ends_with(&suffix);
        numbers(&expected[expected.keys().find(of_layer).unwrap()])
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
